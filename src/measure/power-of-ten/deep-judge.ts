import { changedLines } from "../changed-lines.js";
import type { Finding } from "../finding.js";
import { measureFigures } from "../source.js";
import { innermostAt } from "./call-graph/link.js";
import type { DeepFinding } from "./deep-tool.js";

/**
 * What deeper checks object to in a change: what fails on a line that is new or changed blocks, as the plan enforces
 * the Power of Ten; what is unknown, or was there before, does not. Throws Fault GRAMMAR_NOT_LOADED.
 */
export function judgeDeep(
  found: readonly DeepFinding[],
  files: readonly { readonly path: string; readonly before: string | null; readonly after: string }[],
): Finding[] {
  return files.flatMap(({ path, before, after }) => {
    const own = found.filter(({ file }) => file === path);
    if (own.length === 0) return [];
    const lines = changedLines(before, after);
    const { functions } = measureFigures(path, after);
    return own
      .filter(({ line, verdict }) => verdict === "unknown" || lines.has(line))
      .map((each) => judged(each, innermostAt(functions, each.line)?.qualified_name ?? null));
  });
}

function judged({ file, rule, line, verdict, message }: DeepFinding, name: string | null): Finding {
  return {
    rule,
    code: "ERROR_POWER_OF_TEN",
    file,
    line,
    function: name,
    figure: 1,
    limit: 0,
    message: `${rule} ${verdict}: ${name ?? "the file"}: ${message}`,
    remedy: "Fix what is warned of.",
    blocks: verdict === "fail",
    reported: true,
  };
}
