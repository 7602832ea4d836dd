import type { CheckReport } from "../../schema/check-report.js";
import { atSeverity, exitCodeOf } from "./finding.js";
import type { CodeReport } from "./judge-code.js";
import type { Judged } from "./rules.js";

/** Names of the rules that were looked at, sorted. */
export function rulesOf(
  { plan, limits, provenance }: Judged,
  { coverage, tests }: { coverage: boolean; tests: boolean },
): string[] {
  return [
    "max-complexity",
    "max-function-lines",
    "no-suppression",
    "parse",
    "readable-code",
    "rules-changed",
    ...(limits.requireDocs ? ["documentation"] : []),
    ...(limits.powerOfTen === "off" ? [] : ["power-of-ten"]),
    ...(tests ? ["tests"] : []),
    ...(provenance === "off" ? [] : ["provenance"]),
    ...(coverage ? ["coverage", "untested-functions"] : []),
    ...(plan === undefined ? [] : ["file-kind", "file-whitelist", "hard-deny", "no-delete"]),
  ].sort();
}

/** What judging came to. */
export interface Outcome extends CodeReport {
  readonly files: number;
  readonly leftOut: number;
  readonly rules: readonly string[];
  readonly baselined: number;
  readonly commits: number;
  /** Whether anything was left to be judged; else a policy left it all out. */
  readonly isJudged: boolean;
}

/** The report: findings at the severities of the policy, and the exit code they ask for. */
export function reportOf({ subject, policy, mode, provenance }: Judged, outcome: Outcome): CheckReport {
  const findings = atSeverity(outcome.findings, policy);
  const code = exitCodeOf(findings);
  const held = outcome.isJudged ? "passed" : "unjudged";
  const enforced = code === 0 ? held : "failed";
  return {
    version: 1,
    mode,
    outcome: mode === "enforce" ? enforced : mode === "warn" ? "warned" : "observed",
    exit_code: mode === "enforce" ? code : 0,
    base: subject.from,
    head: subject.head,
    scope: subject.scope,
    checked: {
      files: outcome.files,
      left_out: outcome.leftOut,
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
