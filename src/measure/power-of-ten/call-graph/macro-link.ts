import type { RuleFinding } from "../../file-measure.js";
import type { CallFact, FileFact, HiddenFact } from "../fact.js";
import { type Initial, initialNodes } from "./allocation-link.js";
import type { CallGraph } from "./call-graph.js";
import type { GraphNode } from "./call-graph-index.js";

/** Macros in macros that are looked through for one use. */
const MAX_MACROS = 200;

/** What functions of C and C++ do through macros: those of their own file, else all of the name. */
export function linkMacros(graph: CallGraph, found: readonly RuleFinding[][]): void {
  const { files, nodes } = graph.index;
  if (files.every(({ hidden }) => hidden.size === 0)) return;
  const all = { hidden: union(files.map(({ hidden }) => hidden)), macros: union(files.map(({ macros }) => macros)) };
  const initial = initialNodes(graph);
  for (const [node, caller] of nodes.entries()) {
    const uses = caller.fact.calls.filter((_, at) => graph.targets[node]?.[at]?.how === "outside");
    for (const finding of hiddenFindings(caller, uses, all))
      found[node]?.push(
        ...(finding.rule === "p10-3-alloc-after-init" ? afterStart(finding, node, initial) : [finding]),
      );
  }
}

/** What may run while the program starts, or later, is unknown. */
function afterStart(finding: RuleFinding, node: number, { surely, maybe }: Initial): RuleFinding[] {
  if (surely.has(node)) return [];
  return [maybe.has(node) ? { ...finding, verdict: "unknown" } : finding];
}

type Known = Pick<FileFact, "hidden" | "macros">;

function union<T>(maps: readonly ReadonlyMap<string, readonly T[]>[]): Map<string, readonly T[]> {
  const all = new Map<string, T[]>();
  for (const [name, facts] of maps.flatMap((map) => [...map])) {
    const known = all.get(name);
    if (known === undefined) all.set(name, [...facts]);
    else known.push(...facts);
  }
  return all;
}

/** One finding for each rule and verdict. */
function hiddenFindings({ file }: GraphNode, uses: readonly CallFact[], all: Known): RuleFinding[] {
  const findings = new Map<string, RuleFinding>();
  for (const { form, name, line } of uses) {
    if (form !== "name" || (file.withdrawn.get(name) ?? line) < line) continue;
    for (const { macro, rule, verdict, what } of reached(name, file, all))
      if (!findings.has(`${rule} ${verdict}`))
        findings.set(`${rule} ${verdict}`, { rule, line, verdict, message: `the macro ${macro} ${what}` });
  }
  return [...findings.values()];
}

/** What a macro and those it uses do. */
function reached(name: string, file: FileFact, all: Known): (HiddenFact & { macro: string })[] {
  const open = [name];
  const seen = new Set(open);
  const found: (HiddenFact & { macro: string })[] = [];
  for (let at = open.pop(); at !== undefined && seen.size < MAX_MACROS; at = open.pop()) {
    const { hidden, macros } = file.macros.has(at) ? file : all;
    for (const fact of hidden.get(at) ?? []) found.push({ ...fact, macro: at });
    const further = (macros.get(at) ?? []).filter((next) => !seen.has(next));
    for (const next of further) seen.add(next);
    open.push(...further);
  }
  return found;
}
