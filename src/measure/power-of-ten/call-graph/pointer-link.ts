import type { RuleFinding } from "../../file-measure.js";
import type { FileFact } from "../fact.js";
import { isCFamily } from "../rule.js";
import type { CallGraph } from "./call-graph.js";
import type { GraphNode } from "./call-graph-index.js";
import type { Target } from "./call-target.js";

/** p10-9-pointer in C and C++: a function that is named where a value is expected is a pointer to it. */
export function linkPointers({ index, targets }: CallGraph, found: readonly RuleFinding[][]): void {
  for (const [node, caller] of index.nodes.entries())
    if (isCFamily(caller.file.measure.language)) found[node]?.push(...pointersTaken(caller, targets[node] ?? []));
}

/** One finding for each function that is handed on. */
function pointersTaken({ file, fact }: GraphNode, targets: readonly Target[]): RuleFinding[] {
  const seen = new Set<string>();
  const found: RuleFinding[] = [];
  for (const [at, { form, name, certain, line }] of fact.calls.entries()) {
    if (certain || form !== "name" || targets[at]?.how !== "known" || seen.has(name)) continue;
    if (isOther(file, name)) continue;
    seen.add(name);
    const message = `takes a pointer to the function ${name}`;
    found.push({ rule: "p10-9-pointer", line, verdict: "fail", message });
  }
  return found;
}

function isOther({ variables }: FileFact, name: string): boolean {
  return variables.has(name) || MACRO.test(name);
}

/** What no grammar reads may look like a function of this name. */
const MACRO = /^[A-Z][A-Z0-9_]*$/;
