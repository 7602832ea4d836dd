import type { RuleFinding } from "../../file-measure.js";
import { isCFamily } from "../rule.js";
import type { CallGraph } from "./call-graph.js";
import type { GraphNode } from "./call-graph-index.js";
import type { Target } from "./call-graph-resolve.js";

/** p10-9-pointer in C and C++: a function that is named where a value is expected is a pointer to it. */
export function linkPointers({ index, targets }: CallGraph, found: readonly RuleFinding[][]): void {
  for (const [node, caller] of index.nodes.entries())
    if (isCFamily(caller.file.measure.language)) found[node]?.push(...pointersTaken(caller, targets[node] ?? []));
}

/** One finding for each function that is handed on. */
function pointersTaken({ file, fact }: GraphNode, targets: readonly Target[]): RuleFinding[] {
  const seen = new Set<string>();
  return fact.calls.flatMap(({ form, name, certain, line }, at): RuleFinding[] => {
    const isTaken = !certain && form === "name" && targets[at]?.how === "known";
    if (!isTaken || seen.has(name) || file.variables.has(name) || MACRO.test(name)) return [];
    seen.add(name);
    return [{ rule: "p10-9-pointer", line, verdict: "fail", message: `takes a pointer to the function ${name}` }];
  });
}

/** What no grammar reads may look like a function of this name. */
const MACRO = /^[A-Z][A-Z0-9_]*$/;
