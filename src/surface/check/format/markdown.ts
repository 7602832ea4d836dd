import { visible } from "../../../kernel/visible.js";
import type { CheckReport } from "../../../schema/check-report.js";
import { figuresOf, levelOf, placeOf, summaryOf } from "./summary.js";

/** Rows of the table; the rest is counted. */
const MAX_ROWS = 200;

/** Text in a cell that stays text: no markup, no further cell, nothing that is not seen. */
function cell(text: string): string {
  return visible(text)
    .replace(/\s+/g, " ")
    .replace(/[\\`*_{}[\]<>#|!~&]/g, (each) => `\\${each}`);
}

/** The report as Markdown, for a job summary or a comment. */
export function markdownOf(report: CheckReport): string {
  const rows = report.findings.slice(0, MAX_ROWS).map((finding) => {
    const { rule, message, remedy } = finding;
    const text = `${message}${figuresOf(finding)}`;
    return `| ${levelOf(finding, report)} | ${cell(rule)} | ${cell(placeOf(finding))} | ${cell(text)} | ${cell(remedy)} |`;
  });
  const more = report.findings.length - rows.length;
  const table = ["| level | rule | place | finding | fix |", "|---|---|---|---|---|", ...rows];
  const parts = [`**${cell(summaryOf(report))}**`, ...(rows.length === 0 ? [] : [table.join("\n")])];
  if (more > 0) parts.push(`… and ${more} more.`);
  if (report.notes.length > 0) parts.push(report.notes.map((note) => `- ${cell(note)}`).join("\n"));
  return `${parts.join("\n\n")}\n`;
}
