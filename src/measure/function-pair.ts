import type { FileMeasure, FunctionMeasure } from "./file-measure.js";

/** Knows whether a function with this token hash stands elsewhere in the base; a Set does. */
export interface HashLookup {
  has(tokenHash: string): boolean;
}

/** A new or changed function and what it was. */
export interface ChangedFunction {
  readonly now: FunctionMeasure;
  readonly was: FunctionMeasure | undefined;
}

/**
 * Functions of `after` that are new or differ from `before` (DESIGN §9). Those whose tokens stand in the base, here
 * or `elsewhere`, are unchanged, renamed or moved, and left out. What is left is paired by qualified name and order
 * with the functions of `before` that are left, so that an insertion before unchanged namesakes shifts nothing. Where
 * functions without a name came or went, the order tells nothing, and the larger are paired with the larger. A named
 * function that then has no pair is the one of its own name that is left: what it stands in was renamed, or changed.
 */
export function changedFunctions(
  before: FileMeasure | undefined,
  after: FileMeasure,
  elsewhere: HashLookup,
): ChangedFunction[] {
  const earlier = before?.functions ?? [];
  const stays = new Set(after.functions.map(identityOf));
  const hashes = new Set(earlier.map((one) => one.token_hash));
  const left = earlier.filter((one) => !stays.has(identityOf(one)));
  const changed = after.functions.filter((one) => !hashes.has(one.token_hash) && !elsewhere.has(one.token_hash));
  const pairs = pairsOf(changed, left);
  return changed.map((now) => ({ now, was: pairs.get(now) }));
}

type Pairs = Map<FunctionMeasure, FunctionMeasure>;

function pairsOf(changed: readonly FunctionMeasure[], left: readonly FunctionMeasure[]): Pairs {
  const pairs: Pairs = new Map();
  const earlier = groupBy(left, ({ qualified_name }) => qualified_name);
  for (const [name, group] of groupBy(changed, ({ qualified_name }) => qualified_name))
    pairGroup(pairs, group, earlier.get(name) ?? []);
  const taken = new Set(pairs.values());
  const loose = left.filter((one) => one.named && !taken.has(one));
  const open = changed.filter((one) => one.named && !pairs.has(one));
  const byName = groupBy(loose, ({ name }) => name);
  for (const [name, group] of groupBy(open, (one) => one.name)) pairGroup(pairs, group, byName.get(name) ?? []);
  return pairs;
}

function pairGroup(pairs: Pairs, now: readonly FunctionMeasure[], was: readonly FunctionMeasure[]): void {
  const isOrdered = now.length === was.length || now.every(({ named }) => named);
  const [later, earlier] = isOrdered ? [now, was] : [largestFirst(now), largestFirst(was)];
  for (const [index, one] of later.entries()) {
    const pair = earlier[index];
    if (pair !== undefined) pairs.set(one, pair);
  }
}

function largestFirst(functions: readonly FunctionMeasure[]): FunctionMeasure[] {
  return [...functions].sort((a, b) => b.complexity - a.complexity || b.length - a.length);
}

function identityOf(one: FunctionMeasure): string {
  return `${one.token_hash} ${one.qualified_name}`;
}

function groupBy(
  functions: readonly FunctionMeasure[],
  keyOf: (one: FunctionMeasure) => string,
): Map<string, FunctionMeasure[]> {
  const groups = new Map<string, FunctionMeasure[]>();
  for (const one of functions) {
    const group = groups.get(keyOf(one));
    if (group === undefined) groups.set(keyOf(one), [one]);
    else group.push(one);
  }
  return groups;
}
