import { ANY_FOLDERS, type Steps } from "./pattern.js";
import { matchesSegment, type Segment } from "./segment.js";

/** Looks paths up in many patterns at once. */
export interface PathTree {
  has(path: string): boolean;
}

/** A place in the tree: the patterns that agree up to here. */
interface Node {
  readonly names: Map<string, Node>;
  /** Wildcard segments by their literal prefix, so that a thousand of `mod-7-*.ts` cost one look-up. */
  readonly wild: Map<string, { readonly segment: Segment; readonly node: Node }[]>;
  /** Distinct lengths of the keys of `wild`, ascending. */
  readonly prefixLengths: number[];
  /** What follows a `**`; that node takes any number of segments. */
  deep: Node | undefined;
  readonly loops: boolean;
  ends: boolean;
}

/** The tree of some patterns; undefined when there are none. */
export function createPathTree(patterns: readonly Steps[]): PathTree | undefined {
  if (patterns.length === 0) return undefined;
  const root = makeNode(false);
  for (const steps of patterns) insert(root, steps);
  return { has: (path) => search(root, path) };
}

function makeNode(loops: boolean): Node {
  return { names: new Map(), wild: new Map(), prefixLengths: [], deep: undefined, loops, ends: false };
}

function insert(root: Node, steps: Steps): void {
  let node = root;
  for (const step of steps) {
    if (step === ANY_FOLDERS) {
      node.deep ??= makeNode(true);
      node = node.deep;
    } else node = step.literal ? nameChild(node, step.text) : wildChild(node, step);
  }
  node.ends = true;
}

function nameChild(node: Node, name: string): Node {
  const known = node.names.get(name) ?? makeNode(false);
  node.names.set(name, known);
  return known;
}

function wildChild(node: Node, segment: Segment): Node {
  const bucket = node.wild.get(segment.prefix) ?? [];
  node.wild.set(segment.prefix, bucket);
  if (!node.prefixLengths.includes(segment.prefix.length)) node.prefixLengths.push(segment.prefix.length);
  node.prefixLengths.sort((left, right) => left - right);
  const known = bucket.find((entry) => entry.segment.text === segment.text);
  if (known !== undefined) return known.node;
  const child = makeNode(false);
  bucket.push({ segment, node: child });
  return child;
}

/** Walks all agreeing patterns together, one segment of the path at a time: each node at most once a segment. */
function search(root: Node, path: string): boolean {
  let active = new Set<Node>();
  enter(active, root);
  for (let start = 0; start <= path.length && active.size > 0; ) {
    const slash = path.indexOf("/", start);
    const end = slash === -1 ? path.length : slash;
    const next = new Set<Node>();
    for (const node of active) advance(next, node, path.slice(start, end));
    active = next;
    start = end + 1;
  }
  for (const node of active) if (node.ends) return true;
  return false;
}

function enter(active: Set<Node>, node: Node): void {
  active.add(node);
  if (node.deep !== undefined) active.add(node.deep);
}

function advance(next: Set<Node>, node: Node, name: string): void {
  if (node.loops) enter(next, node);
  const child = node.names.get(name);
  if (child !== undefined) enter(next, child);
  for (const length of node.prefixLengths) {
    if (length > name.length) return;
    for (const entry of node.wild.get(name.slice(0, length)) ?? []) {
      if (matchesSegment(entry.segment, name)) enter(next, entry.node);
    }
  }
}
