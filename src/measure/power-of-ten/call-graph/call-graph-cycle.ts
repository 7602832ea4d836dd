/** For each node the nodes it leads to. */
export type Edges = readonly (readonly number[])[];

interface Search {
  readonly edges: Edges;
  /** When a node was first seen, from 1; 0 before. */
  readonly seen: Int32Array;
  /** The earliest node on the stack it is known to lead to. */
  readonly low: Int32Array;
  readonly onStack: Uint8Array;
  readonly stack: number[];
  readonly groups: number[][];
  count: number;
}

/**
 * The groups of nodes that lead to each other, and nodes that lead to themselves: what is recursive in a call graph.
 * Tarjan's algorithm without recursion of its own; linear in nodes and edges.
 */
export function findCycles(edges: Edges): number[][] {
  const size = edges.length;
  const search: Search = {
    edges,
    seen: new Int32Array(size),
    low: new Int32Array(size),
    onStack: new Uint8Array(size),
    stack: [],
    groups: [],
    count: 0,
  };
  for (let node = 0; node < size; node += 1) if (search.seen[node] === 0) searchFrom(search, node);
  return search.groups;
}

/** Follows the edges depth first; `path` and `next` stand for the calls a recursive version would make. */
function searchFrom(search: Search, start: number): void {
  const path = [start];
  const next = [0];
  open(search, start);
  while (path.length > 0) {
    const node = path.at(-1) as number;
    const at = next.at(-1) as number;
    const target = search.edges[node]?.[at];
    if (target === undefined) {
      path.pop();
      next.pop();
      close(search, node, path.at(-1));
    } else {
      next[next.length - 1] = at + 1;
      if (search.seen[target] === 0) {
        open(search, target);
        path.push(target);
        next.push(0);
      } else if (search.onStack[target] === 1) lower(search, node, search.seen[target] as number);
    }
  }
}

function open(search: Search, node: number): void {
  search.count += 1;
  search.seen[node] = search.count;
  search.low[node] = search.count;
  search.onStack[node] = 1;
  search.stack.push(node);
}

function lower({ low }: Search, node: number, to: number): void {
  if (to < (low[node] as number)) low[node] = to;
}

function close(search: Search, node: number, caller: number | undefined): void {
  if (caller !== undefined) lower(search, caller, search.low[node] as number);
  if (search.low[node] !== search.seen[node]) return;
  const group = search.stack.splice(search.stack.lastIndexOf(node));
  for (const one of group) search.onStack[one] = 0;
  if (group.length > 1 || search.edges[node]?.includes(node) === true) search.groups.push(group);
}

/**
 * The nodes between a node and itself on a shortest way; empty where it leads to itself directly, and where the
 * effort, in nodes looked at, is spent.
 */
export function shortestRing(edges: Edges, start: number, effort: { left: number }): number[] {
  const from = new Map<number, number>([[start, -1]]);
  const open = [start];
  for (let at = 0; at < open.length && effort.left > 0; at += 1) {
    const node = open[at] as number;
    for (const target of edges[node] ?? []) {
      effort.left -= 1;
      if (target === start) return wayTo(from, node);
      if (from.has(target)) continue;
      from.set(target, node);
      open.push(target);
    }
  }
  return [];
}

function wayTo(from: ReadonlyMap<number, number>, end: number): number[] {
  const way: number[] = [];
  for (let at = end; (from.get(at) ?? -1) !== -1; at = from.get(at) ?? -1) way.push(at);
  return way.reverse();
}
