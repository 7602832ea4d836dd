import { expect, test } from "vitest";
import { readFacts } from "../../../../../src/measure/power-of-ten/analysis.js";
import { buildCallGraph } from "../../../../../src/measure/power-of-ten/call-graph/call-graph.js";
import { findCycles, shortestRing } from "../../../../../src/measure/power-of-ten/call-graph/call-graph-cycle.js";

/** Cycles with their nodes in order. */
const cyclesOf = (edges: number[][]): number[][] => findCycles(edges).map((group) => group.sort((a, b) => a - b));

test("a node that leads to itself is a cycle, one that does not is none", () => {
  expect(cyclesOf([[0], [2], []])).toEqual([[0]]);
});

test("nodes that lead to each other are one cycle, what leads into it is none", () => {
  expect(cyclesOf([[1], [2], [0], [0]])).toEqual([[0, 1, 2]]);
});

test("an edge to what was left behind does not hide a cycle", () => {
  expect(cyclesOf([[], [0, 2], [1]])).toEqual([[1, 2]]);
});

test("two rings that one edge joins stay two", () => {
  expect(cyclesOf([[1], [0, 2], [3], [2]])).toEqual([
    [2, 3],
    [0, 1],
  ]);
});

test("a chain of 200,000 functions overflows no stack", () => {
  const size = 200_000;
  const chain = Array.from({ length: size }, (_, node) => [(node + 1) % size]);
  expect(findCycles(chain).map((group) => group.length)).toEqual([size]);
});

test("the shortest ring is named, and none when the effort is spent", () => {
  const edges = [[1, 2], [3], [0], [0]];
  expect(shortestRing(edges, 0, { left: 100 })).toEqual([2]);
  expect(shortestRing(edges, 1, { left: 100 })).toEqual([3, 0]);
  expect(shortestRing(edges, 0, { left: 0 })).toEqual([]);
});

test("methods of one name share a node, so that edges grow with calls and not with calls times methods", () => {
  const files = Array.from({ length: 200 }, (_, at) =>
    readFacts({ path: `src/a${at}.ts`, text: `export class A${at} { visit(o) { o.visit(); } }` }),
  );
  const graph = buildCallGraph(files);
  expect(graph.edges.reduce((sum, edges) => sum + edges.length, 0)).toBe(400);
  expect(graph.recursions).toMatchObject([{ certain: false }]);
});
