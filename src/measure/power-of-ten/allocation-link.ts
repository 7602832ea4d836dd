import type { CallGraph } from "../call-graph.js";
import { measureOf } from "../call-graph-index.js";
import type { RuleFinding } from "../file-measure.js";

const INITIAL =
  /(?:^|[_.])(?:init|initialize|initialise|setup)(?:_|$)|(?:^|[a-z_.])(?:Init|Initialize|Initialise|Setup)(?:[A-Z_]|$)|^init(?:ialize|ialise)?[A-Z]/;

/** p10-3-alloc-after-init: allocations of functions that run after the start of the program. */
export function linkAllocations(graph: CallGraph, found: readonly RuleFinding[][]): void {
  const initial = initialNodes(graph);
  for (const [node, { fact }] of graph.index.nodes.entries()) {
    if (initial.has(node)) continue;
    for (const { what, verdict, line } of fact.allocations)
      found[node]?.push({
        rule: "p10-3-alloc-after-init",
        line,
        verdict,
        message: `${verdict === "fail" ? "allocates" : "may allocate"} by ${what} outside initialisation`,
      });
  }
}

/** Functions named as initialisation, and those that only such functions call. */
export function initialNodes({ index, callers }: CallGraph): Set<number> {
  const initial = new Set<number>();
  for (const [node, each] of index.nodes.entries()) if (INITIAL.test(measureOf(each).name)) initial.add(node);
  const open = index.nodes.map((_, node) => node);
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
