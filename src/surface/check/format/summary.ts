import type { CheckFinding, CheckReport } from "../../../schema/check-report.js";
import { singleLine } from "../../cli/progress/paint.js";

/** How a report names its outcome: what is only observed never reads like a pass. */
const LABELS: Readonly<Record<CheckReport["outcome"], string>> = {
  passed: "passed",
  failed: "FAILED",
  unjudged: "NOTHING JUDGED, as all of it is left out",
  exempt: "not judged, as no commit is taken for an agent's",
  observed: "observed, not enforced",
  warned: "warned, not enforced",
};

/** One line that says what came out, how much was looked at and against what. */
export function summaryOf(report: CheckReport): string {
  const { findings, checked, outcome, baselined } = report;
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const known = baselined === 0 ? "" : `, ${baselined} in the baseline`;
  const without = [
    ...(checked.left_out === 0 ? [] : [`${checked.left_out} left out`]),
    ...(checked.unmeasured === 0 ? [] : [`${checked.unmeasured} of no measured language`]),
  ];
  const left = without.length === 0 ? "" : ` (${without.join(", ")})`;
  return [
    `worknode check: ${LABELS[outcome]}`,
    `${errors} error(s), ${findings.length - errors} warning(s)${known}`,
    `checked ${checked.files} file(s)${left}, ${checked.functions} function(s), ${checked.lines} line(s) by ${checked.rules.length} rules`,
    scopeOf(report),
  ].join("; ");
}

function scopeOf({ scope, base, head }: CheckReport): string {
  const short = (id: string | null): string => (id ?? "").slice(0, 12);
  if (scope === "all") return `every file of ${short(head)}`;
  return scope === "staged" ? `what is staged on ${short(base)}` : `${short(base)}..${short(head)}`;
}

/** Figure and limit of a finding, where they say more than that it is there. */
export function figuresOf({ figure, limit }: CheckFinding): string {
  return figure === 1 && limit === 0 ? "" : ` [${round(figure)}, limit ${round(limit)}]`;
}

function round(figure: number): number {
  return Math.floor(figure * 10_000 + 1e-9) / 10_000;
}

/** How loud a finding is: nothing that is not enforced is shown as an error. */
export function levelOf({ severity }: CheckFinding, { mode }: CheckReport): "error" | "warning" | "note" {
  if (mode === "observe") return "note";
  return mode === "warn" ? "warning" : severity;
}

/** `file:line` on one line, whatever the name holds; or what stands for a finding about no file. */
export function placeOf({ file, line }: CheckFinding): string {
  return file === "" ? "(whole change)" : `${singleLine(file)}:${line}`;
}
