import type { Finding } from "../../measure/finding.js";
import type { CheckPolicy } from "../../schema/check-policy.js";
import type { CheckFinding } from "../../schema/check-report.js";

/** Exit codes of findings (DESIGN §13). */
const POLICY = 3;
const REJECTED = 4;
const NEEDS_PERSON = 6;

/** Rules that say what may be changed, not how well. */
const POLICY_RULES: ReadonlySet<string> = new Set([
  "file-whitelist",
  "hard-deny",
  "no-delete",
  "file-kind",
  "provenance-whitelist",
  "provenance-capability",
]);

/** What a measure found, as a check reports it. */
export function fromMeasure(finding: Finding): CheckFinding {
  const { rule, code, file, line, figure, limit, message, remedy, blocks } = finding;
  const severity = blocks ? "error" : "warning";
  return { rule, code, severity, file, line, function: finding.function, figure, limit, message, remedy };
}

/** A finding about a whole file or about none. */
export function aboutFile(
  file: string,
  what: Pick<CheckFinding, "rule" | "code" | "message" | "remedy"> & Partial<CheckFinding>,
): CheckFinding {
  return { severity: "error", line: 1, function: null, figure: 1, limit: 0, ...what, file };
}

/** Findings at the severities a policy gives their rules; `off` drops them. In order of file and line. */
export function atSeverity(findings: readonly CheckFinding[], { severities }: CheckPolicy): CheckFinding[] {
  const kept = findings.flatMap((finding) => {
    const severity = severities[finding.rule] ?? finding.severity;
    return severity === "off" ? [] : [{ ...finding, severity }];
  });
  return kept.sort((a, b) => compare(a.file, b.file) || a.line - b.line || compare(a.rule, b.rule));
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** The exit code findings ask for where they are enforced: of several the first of 6, 3, 4 (DESIGN §13). */
export function exitCodeOf(findings: readonly CheckFinding[]): number {
  const rules = new Set(findings.filter(({ severity }) => severity === "error").map(({ rule }) => rule));
  if (rules.size === 0) return 0;
  if (rules.has("rules-changed")) return NEEDS_PERSON;
  return [...rules].some((rule) => POLICY_RULES.has(rule)) ? POLICY : REJECTED;
}
