import { ANY_FOLDERS, type Steps } from "./pattern.js";
import { matchesSegment, type Segment } from "./segment.js";

/** Looks paths up in many patterns at once. */
export interface PathTree {
  has(path: string): boolean;
}

/** Wildcard segments by the literal text they begin or end with: a thousand of `mod-7-*.ts` cost one look-up. */
interface AffixIndex {
  readonly entries: Map<string, { readonly segment: Segment; readonly node: Node }[]>;
  /** Distinct lengths of the keys, ascending. */
  readonly lengths: number[];
}

/** A place in the tree: the patterns that agree up to here. */
interface Node {
  readonly names: Map<string, Node>;
  /** Segments that begin with literal text, and those that do not, by what they end with. */
  readonly byPrefix: AffixIndex;
  readonly bySuffix: AffixIndex;
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
  return { names: new Map(), byPrefix: makeIndex(), bySuffix: makeIndex(), deep: undefined, loops, ends: false };
}

function makeIndex(): AffixIndex {
  return { entries: new Map(), lengths: [] };
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
  return segment.prefix === ""
    ? indexChild(node.bySuffix, segment.suffix, segment)
    : indexChild(node.byPrefix, segment.prefix, segment);
}

function indexChild(index: AffixIndex, key: string, segment: Segment): Node {
  const bucket = index.entries.get(key) ?? [];
  index.entries.set(key, bucket);
  if (!index.lengths.includes(key.length)) index.lengths.push(key.length);
  index.lengths.sort((left, right) => left - right);
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
  for (const length of node.byPrefix.lengths) enterMatching(next, node.byPrefix, { key: name.slice(0, length), name });
  for (const length of node.bySuffix.lengths)
    enterMatching(next, node.bySuffix, { key: name.slice(Math.max(0, name.length - length)), name });
}

function enterMatching(next: Set<Node>, index: AffixIndex, { key, name }: { key: string; name: string }): void {
  const bucket = index.entries.get(key);
  if (bucket === undefined) return;
  for (const entry of bucket) if (matchesSegment(entry.segment, name)) enter(next, entry.node);
}
