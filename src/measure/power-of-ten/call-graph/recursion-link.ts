import type { FunctionMeasure, RuleFinding } from "../../file-measure.js";
import { isCFamily } from "../rule.js";
import type { CallGraph, Recursion } from "./call-graph.js";
import { shortestRing } from "./call-graph-cycle.js";
import { type GraphNode, measureOf } from "./call-graph-index.js";

const RULE = "p10-1-recursion";
const POINTER = "p10-9-pointer";
/** What a promise hands to its executor runs nothing of ours. */
const SETTLES = /^(?:resolve|reject)$/;
/** Members of a ring that a message names. */
const MAX_NAMED = 4;
/** Nodes that may be looked at to name the shortest rings of one set of files. */
const MAX_LOOKS = 1_000_000;

/** p10-1-recursion: what calls itself, alone or in a ring, and what calls a value nobody can follow. */
export function linkRecursion(graph: CallGraph, found: readonly RuleFinding[][]): void {
  const effort = { left: MAX_LOOKS };
  for (const recursion of graph.recursions)
    if (!isBounded(graph, recursion)) noteRing(graph, { ...recursion, effort }, found);
  for (const [node, caller] of graph.index.nodes.entries()) {
    noteValue(graph, node, caller, found[node] ?? []);
    notePointers(graph, node, caller, found[node] ?? []);
  }
}

/** In C a call of a value is one through a pointer (p10-9-pointer). */
function notePointers({ targets }: CallGraph, node: number, { file, fact }: GraphNode, found: RuleFinding[]): void {
  if (file.measure.language !== "c") return;
  const told = new Set(
    found.flatMap(({ rule, line, message }) => (rule === POINTER && message.startsWith("calls through") ? [line] : [])),
  );
  for (const [at, { name, line }] of fact.calls.entries()) {
    if (targets[node]?.[at]?.how !== "value" || told.has(line)) continue;
    told.add(line);
    found.push({ rule: POINTER, line, verdict: "fail", message: `calls through a pointer: ${name}` });
  }
}

function noteValue({ targets }: CallGraph, node: number, { fact }: GraphNode, found: RuleFinding[]): void {
  const call = fact.calls.find(({ name }, at) => targets[node]?.[at]?.how === "value" && !SETTLES.test(name));
  if (call === undefined || found.some(({ rule }) => rule === RULE)) return;
  const what = call.name === "" ? "what an expression yields" : `the value of ${call.name}`;
  found.push({ rule: RULE, line: call.line, verdict: "unknown", message: `calls ${what}: what runs is not known` });
}

/** Outside C and C++ recursion may have a depth that is stated. */
function isBounded({ index }: CallGraph, { nodes }: Recursion): boolean {
  return nodes.some((node) => {
    const { file, fact } = index.nodes[node] ?? {};
    return file !== undefined && !isCFamily(file.measure.language) && fact?.depthBound === true;
  });
}

function noteRing(
  graph: CallGraph,
  { nodes, certain, effort }: Recursion & { effort: { left: number } },
  found: readonly RuleFinding[][],
): void {
  const edges = certain ? graph.certain : graph.edges;
  const nameOf = (node: number): string => measureAt(graph, node)?.qualified_name ?? "";
  const named = nodes.filter((node) => measureAt(graph, node)?.name !== "<anonymous>");
  for (const node of named.length > 0 ? named : nodes) {
    const through = throughNames(shortestRing(edges, node, effort).map(nameOf));
    const verdict = certain ? "fail" : "unknown";
    const message = `${certain ? "calls" : "may call"} itself${through}`;
    found[node]?.push({ rule: RULE, line: lineOf(graph, node), verdict, message });
  }
}

function lineOf(graph: CallGraph, node: number): number {
  return measureAt(graph, node)?.line ?? 1;
}

/** Nodes that stand for several functions, or for a macro, have no name. */
function throughNames(all: readonly string[]): string {
  const names = all.filter((name) => name !== "");
  if (names.length === 0) return "";
  const more = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : "";
  return ` through ${names.slice(0, MAX_NAMED).join(", ")}${more}`;
}

function measureAt({ index }: CallGraph, node: number): FunctionMeasure | undefined {
  const found = index.nodes[node];
  return found === undefined ? undefined : measureOf(found);
}
