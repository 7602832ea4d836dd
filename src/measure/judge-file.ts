import type { ChangeLimits } from "./change-limits.js";
import type { FileMeasure } from "./file-measure.js";
import type { Finding } from "./finding.js";
import { changedFunctions, type HashLookup } from "./function-pair.js";
import { judgeMeasured } from "./judge-change.js";
import { isAnyTest, isTestFile } from "./language.js";

/** What one file is judged by. */
export interface FileRules {
  readonly limits: ChangeLimits;
  /** Whether changed named functions need documentation. */
  readonly requireDocs: boolean;
  /** Rules a person waived: `documentation`. */
  readonly waivers: readonly string[];
  /** Token hashes of the base's functions: what is found there moved. */
  readonly elsewhere?: HashLookup;
}

/** What the write-time rules and documentation ask of one file, measured before and after. */
export function judgeMeasuredFile(before: FileMeasure | undefined, after: FileMeasure, input: FileRules): Finding[] {
  const { path } = after;
  const elsewhere = input.elsewhere ?? new Set<string>();
  const findings = judgeMeasured({ limits: input.limits, isTest: isAnyTest(path), elsewhere }, before, after);
  if (!input.requireDocs || input.waivers.includes("documentation") || after.language === null || isTestFile(path))
    return findings;
  const changed = changedFunctions(before, after, elsewhere).map(({ now }) => now);
  const bare = changed.filter(({ named, documented }) => named && !documented);
  return [...findings, ...bare.map((one) => undocumented(path, one.line, one.qualified_name))];
}

function undocumented(file: string, line: number, name: string): Finding {
  return {
    rule: "documentation",
    code: "ERROR_UNDOCUMENTED",
    file,
    line,
    function: name,
    figure: 0,
    limit: 1,
    message: `Function ${name} has no documentation comment`,
    remedy: `Say in a comment directly before ${name} what it is for.`,
    blocks: true,
  };
}
