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
  readonly lengths: AffixLength[];
}

interface AffixLength {
  readonly length: number;
  /** Code units the keys of this length begin with; most names begin otherwise and cost no look-up. */
  readonly heads: Set<number>;
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
  /** The last step of a search that came here, so that none enters a node twice. */
  step: number;
}

/** The tree of some patterns; undefined when there are none. */
export function createPathTree(patterns: readonly Steps[]): PathTree | undefined {
  if (patterns.length === 0) return undefined;
  const root = makeNode(false);
  for (const steps of patterns) insert(root, steps);
  return { has: (path) => search(root, path) };
}

function makeNode(loops: boolean): Node {
  return {
    names: new Map(),
    byPrefix: makeIndex(),
    bySuffix: makeIndex(),
    deep: undefined,
    loops,
    ends: false,
    step: 0,
  };
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
  addKey(index.lengths, key);
  const known = bucket.find((entry) => entry.segment.text === segment.text);
  if (known !== undefined) return known.node;
  const child = makeNode(false);
  bucket.push({ segment, node: child });
  return child;
}

function addKey(lengths: AffixLength[], key: string): void {
  const known = lengths.find(({ length }) => length === key.length);
  const { heads } = known ?? { heads: new Set<number>() };
  heads.add(key.charCodeAt(0));
  if (known !== undefined) return;
  lengths.push({ length: key.length, heads });
  lengths.sort((left, right) => left.length - right.length);
}

/** Steps taken by all searches of this process, each a number of its own. A search never waits, so none meets another. */
let steps = 0;

/** Walks all agreeing patterns together, one segment of the path at a time: each node at most once a segment. */
function search(root: Node, path: string): boolean {
  steps += 1;
  let active: Node[] = [];
  enter(active, root);
  for (let start = 0; start <= path.length && active.length > 0; ) {
    const slash = path.indexOf("/", start);
    const end = slash === -1 ? path.length : slash;
    active = advance(active, path.slice(start, end));
    start = end + 1;
  }
  return active.some((node) => node.ends);
}

/** Adds a node and what a `**` after it may name, unless this step was there before. */
function enter(active: Node[], node: Node): void {
  for (let at: Node | undefined = node; at !== undefined && at.step !== steps; at = at.deep) {
    at.step = steps;
    active.push(at);
  }
}

/** The nodes that one segment of the path leads to. */
function advance(active: readonly Node[], name: string): Node[] {
  steps += 1;
  const next: Node[] = [];
  for (const node of active) {
    if (node.loops) enter(next, node);
    const child = node.names.get(name);
    if (child !== undefined) enter(next, child);
    const { byPrefix, bySuffix } = node;
    for (const affix of byPrefix.lengths) enterMatching(next, byPrefix, keyOf(affix, name, 0), name);
    for (const affix of bySuffix.lengths)
      enterMatching(next, bySuffix, keyOf(affix, name, name.length - affix.length), name);
  }
  return next;
}

/** The part of a name that would be a key of this length; undefined where there is plainly no such key. */
function keyOf({ length, heads }: AffixLength, name: string, from: number): string | undefined {
  if (length === 0) return "";
  if (length > name.length || !heads.has(name.charCodeAt(from))) return undefined;
  return name.slice(from, from + length);
}

function enterMatching(next: Node[], index: AffixIndex, key: string | undefined, name: string): void {
  const bucket = key === undefined ? undefined : index.entries.get(key);
  if (bucket === undefined) return;
  for (const entry of bucket) if (matchesSegment(entry.segment, name)) enter(next, entry.node);
}
