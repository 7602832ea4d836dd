import type { CheckReport } from "../../../schema/check-report.js";
import { figuresOf, levelOf, summaryOf } from "./summary.js";

/** GitHub's names of the levels. */
const COMMANDS = { error: "error", warning: "warning", note: "notice" } as const;

function data(text: string): string {
  return text.replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A");
}

function property(text: string): string {
  return data(text).replace(/:/g, "%3A").replace(/,/g, "%2C");
}

/** The report as workflow commands: an annotation for each finding, and the summary as a plain line. */
export function githubOf(report: CheckReport): string {
  const lines = report.findings.map((finding) => {
    const { file, line, rule, message, remedy } = finding;
    const place = file === "" ? "" : `file=${property(file)},line=${line},`;
    const text = `${message}${figuresOf(finding)}\n${remedy}`;
    return `::${COMMANDS[levelOf(finding, report)]} ${place}title=${property(`worknode ${rule}`)}::${data(text)}`;
  });
  return `${[...lines, ...report.notes.map(data), data(summaryOf(report))].join("\n")}\n`;
}
