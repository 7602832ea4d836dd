import type { CheckReport } from "../../schema/check-report.js";
import { aboutFile, atSeverity, exitCodeOf } from "./finding.js";
import type { CodeReport } from "./judge-code.js";
import type { Judged } from "./rules.js";

/** Names of the rules that were looked at, sorted. */
export function rulesOf(
  { plan, limits, provenance }: Judged,
  { coverage, tests }: { coverage: boolean; tests: boolean },
): string[] {
  return [
    "file-kind",
    "hard-deny",
    "max-complexity",
    "max-function-lines",
    "no-suppression",
    "parse",
    "readable-code",
    "rules-changed",
    "submodule",
    ...(limits.requireDocs ? ["documentation"] : []),
    ...(limits.powerOfTen === "off" ? [] : ["power-of-ten"]),
    ...(tests ? ["tests"] : []),
    ...(provenance === "off" ? [] : ["provenance"]),
    ...(coverage ? ["coverage", "coverage-committed", "untested-functions"] : []),
    ...(plan === undefined ? [] : ["file-whitelist", "no-delete"]),
  ].sort();
}

/** Why nothing of a change was judged: all of it is left out, or no commit of it is taken for an agent's. */
export type Unjudged = "unjudged" | "exempt";

/** What judging came to. */
export interface Outcome extends CodeReport {
  readonly files: number;
  readonly leftOut: number;
  /** Files of no measured language. */
  readonly unmeasured: number;
  readonly rules: readonly string[];
  readonly baselined: number;
  readonly commits: number;
  /** What came of it where nothing was judged: left out, or not an agent's. Undefined where something was. */
  readonly unjudged?: Unjudged;
}

/** The report: findings at the severities of the policy, and the exit code they ask for. */
export function reportOf({ subject, policy, mode, provenance }: Judged, outcome: Outcome): CheckReport {
  const own = atSeverity(outcome.findings, policy);
  const findings = outcome.unjudged === "unjudged" ? [NOTHING_JUDGED, ...own] : own;
  const enforced = exitCodeOf(own) === 0 ? (outcome.unjudged ?? "passed") : "failed";
  return {
    version: 1,
    mode,
    outcome: mode === "enforce" ? enforced : mode === "warn" ? "warned" : "observed",
    exit_code: mode === "enforce" ? exitCodeOf(findings) : 0,
    base: subject.from,
    head: subject.head,
    scope: subject.scope,
    checked: {
      files: outcome.files,
      left_out: outcome.leftOut,
      unmeasured: outcome.unmeasured,
      functions: outcome.functions,
      lines: outcome.lines,
      rules: [...outcome.rules],
      commits: outcome.commits,
    },
    findings,
    provenance,
    baselined: outcome.baselined,
    notes: [...outcome.notes],
  };
}

/** No policy softens it: what nobody looked at is not verified (DESIGN §13, exit 4). */
const NOTHING_JUDGED = aboutFile("", {
  rule: "nothing-judged",
  code: "ERROR_NOTHING_JUDGED",
  message: "Nothing of this change was judged: all of it is left out",
  remedy: "A person looks at it; or have the job not run for such paths.",
});
