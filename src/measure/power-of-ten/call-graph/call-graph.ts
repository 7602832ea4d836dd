import type { CallFact, FileFact } from "../fact.js";
import { type Edges, findCycles } from "./call-graph-cycle.js";
import { type CallIndex, familyOf, type GraphNode, indexCalls } from "./call-graph-index.js";
import { resolveCall } from "./call-graph-resolve.js";
import type { Target } from "./call-target.js";

/** Functions that call each other in a ring, or one that calls itself. */
export interface Recursion {
  /** False: they do only where a call leads to what its name alone suggests. */
  readonly certain: boolean;
  readonly nodes: readonly number[];
}

/** The call graph of a set of files. */
export interface CallGraph {
  readonly index: CallIndex;
  readonly recursions: readonly Recursion[];
  /** Calls that lead exactly there, and all there may be; the nodes beyond the functions stand for several. */
  readonly certain: Edges;
  /** These and those that are only possible, which come after them. */
  readonly edges: Edges;
  /** For each function those that call it, or may. */
  readonly callers: readonly (readonly number[])[];
  /** Where each function's calls lead, in their order. */
  readonly targets: readonly (readonly Target[])[];
}

interface Building {
  readonly index: CallIndex;
  readonly certain: number[][];
  readonly possible: number[][];
  /** Nodes beyond the functions, by what they stand for. */
  readonly further: Map<string | readonly number[], number>;
  /** Nodes that lead to a part of a list. */
  readonly halves: Map<readonly number[], Halves>;
  readonly macros: ReadonlyMap<string, readonly string[]>;
}

interface Halves {
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly places: ReadonlyMap<number, number>;
}

/**
 * Builds the call graph across files and finds what is recursive, directly and mutually. Linear in calls: a call of
 * which only the method's name is known leads to one node that stands for all methods of that name.
 */
export function buildCallGraph(files: readonly FileFact[]): CallGraph {
  const index = indexCalls(files);
  const size = index.nodes.length;
  const building: Building = {
    index,
    certain: Array.from({ length: size }, () => []),
    possible: Array.from({ length: size }, () => []),
    further: new Map(),
    halves: new Map(),
    macros: allMacros(files),
  };
  const targets = index.nodes.map((caller, node) =>
    caller.fact.calls.map((call) => addCall(building, node, caller, call)),
  );
  for (const [node, caller] of index.nodes.entries()) addRuns(building, node, caller);
  const all = building.certain.map((edges, node) => [...edges, ...(building.possible[node] ?? [])]);
  const recursions = recursionsOf(building.certain, all, size);
  return { index, recursions, certain: building.certain, edges: all, callers: callersOf(all, size), targets };
}

function addCall(building: Building, node: number, caller: GraphNode, call: CallFact): Target {
  const target = resolveCall(building.index, caller, call);
  if (target.how === "outside" && call.form === "name") addMacro(building, node, caller, call);
  if (target.nodes.length === 0) return target;
  const edges = target.how === "known" && call.certain ? building.certain : building.possible;
  edges[node]?.push(...standIns(building, target));
  return target;
}

function standIns(building: Building, { nodes, but }: Target): number[] {
  if (but === undefined) return [standIn(building, nodes)];
  if (nodes.length > MAX_LISTED) return standInsBut(building, nodes, but);
  return [
    standIn(
      building,
      nodes.filter((node) => node !== but),
    ),
  ];
}

/** Nodes that lead to all of an ascending list but one: those before it and those after it, each shared by all who ask. */
function standInsBut(building: Building, nodes: readonly number[], but: number): number[] {
  const { before, after, places } = building.halves.get(nodes) ?? halvesOf(building, nodes);
  const at = places.get(but);
  const stand = at === undefined ? [before.at(-1)] : [before[at - 1], after[at + 1]];
  return stand.filter((node) => node !== undefined);
}

/** For each place of a list a node that leads to it and all before, and one to it and all after. */
function halvesOf(building: Building, nodes: readonly number[]): Halves {
  const before = chained(building, nodes);
  const after = chained(building, [...nodes].reverse()).reverse();
  const halves = { before, after, places: new Map(nodes.map((node, at) => [node, at])) };
  building.halves.set(nodes, halves);
  return halves;
}

function chained({ certain, possible }: Building, nodes: readonly number[]): number[] {
  let last: number | undefined;
  return nodes.map((node) => {
    certain.push([]);
    last = possible.push(last === undefined ? [node] : [node, last]) - 1;
    return last;
  });
}

/** One node that leads to all of these, shared by all who ask for the same. */
function standIn(building: Building, nodes: readonly number[]): number {
  const [only] = nodes;
  if (nodes.length === 1 && only !== undefined) return only;
  return furtherNode(building, nodes.length > MAX_LISTED ? nodes : nodes.join(" "), (made) => {
    building.possible[made] = [...nodes];
  });
}

/** Functions of one name that are told apart by their numbers; longer lists come from the index itself and are the same ones. */
const MAX_LISTED = 16;

function furtherNode(building: Building, key: string | readonly number[], fill: (node: number) => void): number {
  const known = building.further.get(key);
  if (known !== undefined) return known;
  const node = building.certain.push([]) - 1;
  building.possible.push([]);
  building.further.set(key, node);
  fill(node);
  return node;
}

/** A macro calls what its text calls, where it is used: that of the file itself, else all of its name. */
function addMacro(building: Building, node: number, { file }: GraphNode, call: CallFact): void {
  if (!mayBeMacro(file, call)) return;
  const open: [number, string][] = [[node, call.name]];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const [from, macro] = at;
    const own = file.macros.get(macro);
    const calls = own ?? building.macros.get(macro);
    if (calls === undefined) continue;
    const key = own === undefined ? `macro ${macro}` : `macro ${macro} ${file.measure.path}`;
    const made = furtherNode(building, key, (fresh) => {
      for (const called of calls) open.push([fresh, called]);
      building.certain[fresh] = calls.flatMap((called) => globalOf(building.index, called));
    });
    building.certain[from]?.push(made);
  }
}

function mayBeMacro({ measure, withdrawn }: FileFact, { name, line }: CallFact): boolean {
  return familyOf(measure.language) === "c" && (withdrawn.get(name) ?? line) >= line;
}

/** What macros call, by their names; of several of one name, what any of them does. */
function allMacros(files: readonly FileFact[]): Map<string, readonly string[]> {
  const macros = new Map<string, Set<string>>();
  for (const [name, calls] of files.flatMap((file) => [...file.macros])) {
    const known = macros.get(name) ?? new Set();
    macros.set(name, known);
    for (const called of calls) known.add(called);
  }
  return new Map([...macros].map(([name, calls]) => [name, [...calls]]));
}

function globalOf(index: CallIndex, name: string): number[] {
  const nodes = index.anywhere.get(`c ${name}`) ?? [];
  return nodes.length === 1 ? [...nodes] : [];
}

function addRuns({ index, certain, possible }: Building, node: number, { file, fact }: GraphNode): void {
  const first = index.first.get(file) ?? 0;
  for (const run of fact.runs) (run.certain ? certain : possible)[node]?.push(first + run.index);
}

function recursionsOf(certain: number[][], all: number[][], size: number): Recursion[] {
  const sure = findCycles(certain).map((nodes) => ({ certain: true, nodes: nodes.filter((node) => node < size) }));
  const decided = new Set(sure.flatMap(({ nodes }) => nodes));
  const possible = findCycles(all).map((nodes) => ({
    certain: false,
    nodes: nodes.filter((node) => node < size && !decided.has(node)),
  }));
  return [...sure, ...possible].filter(({ nodes }) => nodes.length > 0);
}

function callersOf(all: number[][], size: number): number[][] {
  const callers: number[][] = Array.from({ length: size }, () => []);
  for (const [node, edges] of all.entries()) for (const target of edges) callers[target]?.push(node);
  return callers;
}
