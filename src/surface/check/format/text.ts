import type { CheckReport } from "../../../schema/check-report.js";
import { singleLine } from "../../cli/progress/paint.js";
import { figuresOf, levelOf, placeOf, summaryOf } from "./summary.js";

/** The report for a terminal: a finding is two lines, the summary comes last. */
export function textOf(report: CheckReport): string {
  const findings = report.findings.flatMap((finding) => [
    `${beginning(placeOf(finding))}: ${levelOf(finding, report)} ${finding.rule}: ${singleLine(finding.message)}${figuresOf(finding)}`,
    `  fix: ${singleLine(finding.remedy)}`,
  ]);
  const notes = report.notes.map((note) => `note: ${singleLine(note)}`);
  return `${[...findings, ...notes, summaryOf(report)].join("\n")}\n`;
}

/** A line that begins with `::` is a command to the runner of GitHub's workflows, not a line of its log. */
function beginning(place: string): string {
  return /^\s*::/.test(place) ? `./${place}` : place;
}
