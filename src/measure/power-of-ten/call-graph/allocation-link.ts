import type { RuleFinding } from "../../file-measure.js";
import type { FunctionFact } from "../fact.js";
import type { CallGraph } from "./call-graph.js";
import { measureOf } from "./call-graph-index.js";
import { soleNode } from "./return-link.js";

const INITIAL =
  /(?:^|[_.])(?:init|initialize|initialise|setup)(?:_|$)|(?:^|[a-z_.])(?:Init|Initialize|Initialise|Setup)(?:[A-Z_]|$)|^init(?:ialize|ialise)?[A-Z]/;

/** p10-3-alloc-after-init: allocations of functions that run after the start of the program. */
export function linkAllocations(graph: CallGraph, found: readonly RuleFinding[][]): void {
  if (graph.index.nodes.every(({ fact }) => fact.allocations.length === 0)) return;
  const initial = initialNodes(graph);
  const allocating = allocatingNodes(graph);
  const starting = new Set([...allocating].filter((node) => initial.surely.has(node)));
  for (const [node, { fact }] of graph.index.nodes.entries()) {
    if (initial.surely.has(node)) continue;
    const own = fact.allocations.filter((use) => mayAllocate(graph, node, use, allocating));
    const uses = own.length > 0 ? own : throughCall(graph, node, starting);
    for (const use of uses) found[node]?.push(findingOf(use, initial.maybe.has(node)));
  }
}

/** What is only handed on while the program starts may run then, or later. */
function findingOf({ what, verdict: told, line }: Use, mayBeInitial: boolean): RuleFinding {
  const verdict = mayBeInitial ? "unknown" : told;
  const message = `${verdict === "fail" ? "allocates" : "may allocate"} by ${what} outside initialisation`;
  return { rule: "p10-3-alloc-after-init", line, verdict, message };
}

type Use = FunctionFact["allocations"][number];

/** What is only named so, and was read, allocates where its text does. */
function mayAllocate(graph: CallGraph, node: number, use: Use, allocating: ReadonlySet<number>): boolean {
  const called = use.verdict === "unknown" ? knownCalls(graph, node).filter(({ name }) => name === use.what) : [];
  return called.length === 0 || called.some(({ to }) => allocating.has(to));
}

/**
 * The first call of what allocates as initialisation, and so is not told itself. `main` is where that is called; of all else
 * that allocates, the function that does it is told, and not everyone who calls it.
 */
function throughCall(graph: CallGraph, node: number, starting: ReadonlySet<number>): Use[] {
  const caller = graph.index.nodes[node];
  if (starting.size === 0 || caller === undefined || measureOf(caller).name === "main") return [];
  const call = knownCalls(graph, node).find(({ to }) => starting.has(to));
  return call === undefined ? [] : [{ what: `a call of ${call.name}`, verdict: "unknown", line: call.line }];
}

interface KnownCall {
  readonly name: string;
  readonly line: number;
  readonly to: number;
}

/** Calls of a function that lead to one other that was read. */
function knownCalls({ index, targets }: CallGraph, node: number): KnownCall[] {
  const known: KnownCall[] = [];
  for (const [at, { name, line, certain }] of (index.nodes[node]?.fact.calls ?? []).entries()) {
    const to = certain ? soleNode(targets[node]?.[at]) : -1;
    if (to !== -1 && to !== node) known.push({ name, line, to });
  }
  return known;
}

/** Functions that allocate, and those whose calls certainly lead to one that does. */
function allocatingNodes(graph: CallGraph): Set<number> {
  const into = graph.certain.map((): number[] => []);
  for (const [from, edges] of graph.certain.entries()) for (const to of edges) into[to]?.push(from);
  const found = new Set<number>();
  const open = graph.index.nodes.flatMap(({ fact }, node) => (allocatesItself(graph, node, fact) ? [node] : []));
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (found.has(at)) continue;
    found.add(at);
    open.push(...(into[at] ?? []));
  }
  return found;
}

function allocatesItself(graph: CallGraph, node: number, { allocations }: FunctionFact): boolean {
  if (allocations.length === 0) return false;
  const read = new Set(knownCalls(graph, node).map(({ name }) => name));
  return allocations.some(({ verdict, what }) => verdict === "fail" || !read.has(what));
}

/** What runs while the program starts. */
export interface Initial {
  /** Functions named as initialisation, and those that only such functions call. */
  readonly surely: ReadonlySet<number>;
  /** With them those that they hand to something else, which may call them later. */
  readonly maybe: ReadonlySet<number>;
}

/** Which functions run while the program starts. */
export function initialNodes(graph: CallGraph): Initial {
  const handed = handedNodes(graph);
  return {
    surely: withCallees(graph, (node) => !handed.has(node)),
    maybe: withCallees(graph, () => true),
  };
}

/** Functions that a call may lead to, or that are handed to one. */
function handedNodes({ certain, edges }: CallGraph): Set<number> {
  return new Set(edges.flatMap((to, node) => to.slice(certain[node]?.length)));
}

function withCallees({ index, callers }: CallGraph, mayJoin: (node: number) => boolean): Set<number> {
  const initial = new Set<number>();
  for (const [node, each] of index.nodes.entries()) if (INITIAL.test(measureOf(each).name)) initial.add(node);
  const open = index.nodes.flatMap((_, node) => (mayJoin(node) ? [node] : []));
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const added = open.filter((node) => !initial.has(node) && isOnlyCalledBy(callers[node], initial));
    for (const node of added) initial.add(node);
    if (added.length === 0) break;
  }
  return initial;
}

/** Functions between one that initialises and one that allocates. */
const MAX_ROUNDS = 8;

function isOnlyCalledBy(callers: readonly number[] | undefined, initial: ReadonlySet<number>): boolean {
  return callers !== undefined && callers.length > 0 && callers.every((caller) => initial.has(caller));
}
