import type { CallGraph } from "../call-graph.js";
import { familyOf, type GraphNode } from "../call-graph-index.js";
import type { Target } from "../call-graph-resolve.js";
import type { RuleFinding } from "../file-measure.js";
import type { CallFact, FunctionFact } from "./fact.js";

/** Functions of C's library whose result says whether they worked. */
const MUST_CHECK: ReadonlySet<string> = new Set(
  "malloc calloc realloc strdup fopen freopen fread fwrite fgets fscanf scanf sscanf fseek read write pread pwrite open creat pipe dup dup2 fork socket bind listen accept connect send recv select poll stat fstat lstat mmap chdir rename unlink mkdir setuid setgid system strtol strtoul".split(
    " ",
  ),
);

/** p10-7-return: results that nobody looks at, of functions that are known to return one; promises that float. */
export function linkReturns(graph: CallGraph, found: readonly RuleFinding[][]): void {
  const prototypes = new Map(graph.index.files.flatMap(({ prototypes: own }) => [...own]));
  for (const [node, caller] of graph.index.nodes.entries())
    for (const [at, call] of caller.fact.calls.entries()) {
      if (!call.ignored) continue;
      const message = ignoredMessage(graph, caller, { call, target: graph.targets[node]?.[at], prototypes });
      if (message !== undefined) found[node]?.push({ rule: "p10-7-return", line: call.line, verdict: "fail", message });
    }
}

function ignoredMessage(
  { index }: CallGraph,
  caller: GraphNode,
  of: { call: CallFact; target: Target | undefined; prototypes: ReadonlyMap<string, boolean> },
): string | undefined {
  const { call, target, prototypes } = of;
  const fact = index.nodes[soleNode(target)]?.fact;
  const family = familyOf(caller.file.measure.language);
  if (family === "ecmascript") return fact?.async === true ? `does not wait for ${call.name}` : undefined;
  if (family !== "c" || call.form !== "name") return undefined;
  return returnsResult(call.name, fact, prototypes) ? `ignores what ${call.name} returns` : undefined;
}

/** -1 where it is not known what is called. */
function soleNode(target: Target | undefined): number {
  return target?.how === "known" ? (target.nodes[0] ?? -1) : -1;
}

function returnsResult(
  name: string,
  fact: FunctionFact | undefined,
  prototypes: ReadonlyMap<string, boolean>,
): boolean {
  const nothing = fact?.returnsNothing ?? prototypes.get(name);
  return nothing === undefined ? MUST_CHECK.has(name) : !nothing;
}
