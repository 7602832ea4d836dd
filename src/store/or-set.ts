/**
 * Observed-remove set (Shapiro et al. 2011) over HLC-stamped operations, for task sets, blockers and
 * files written on several machines (S3:346-349). Every add carries its own tag; a remove names the
 * tags it has seen, so an add it has not seen wins. State only grows: two sets of tags for each element.
 */
export interface OrSet {
  readonly adds: ReadonlyMap<string, ReadonlySet<string>>;
  readonly removed: ReadonlySet<string>;
}

/** One operation. `tag` is the HLC stamp of the event that adds, unique by its node part. */
export type OrSetOperation =
  | { readonly kind: "add"; readonly element: string; readonly tag: string }
  | { readonly kind: "remove"; readonly element: string; readonly tags: readonly string[] };

/** The set nothing has been added to. */
export const emptyOrSet: OrSet = { adds: new Map(), removed: new Set() };

/** Applies an operation. Order and repetition do not matter. */
export function applyToOrSet(set: OrSet, operation: OrSetOperation): OrSet {
  if (operation.kind === "remove") return { adds: set.adds, removed: union(set.removed, operation.tags) };
  const adds = new Map(set.adds);
  adds.set(operation.element, union(adds.get(operation.element), [operation.tag]));
  return { adds, removed: set.removed };
}

/** The state of both replicas together: associative, commutative, idempotent. */
export function mergeOrSets(left: OrSet, right: OrSet): OrSet {
  const adds = new Map(left.adds);
  for (const [element, tags] of right.adds) adds.set(element, union(adds.get(element), tags));
  return { adds, removed: union(left.removed, right.removed) };
}

/** The operation that removes what this replica sees of an element. */
export function removalOf(set: OrSet, element: string): OrSetOperation {
  return { kind: "remove", element, tags: liveTags(set, element) };
}

/** The elements in the set, sorted. */
export function elementsOf(set: OrSet): string[] {
  return [...set.adds.keys()].filter((element) => liveTags(set, element).length > 0).sort();
}

function liveTags(set: OrSet, element: string): string[] {
  return [...(set.adds.get(element) ?? [])].filter((tag) => !set.removed.has(tag));
}

function union(left: ReadonlySet<string> | undefined, right: Iterable<string>): ReadonlySet<string> {
  const merged = new Set(left);
  for (const item of right) merged.add(item);
  return merged;
}
