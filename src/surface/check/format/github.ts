import { visible } from "../../../kernel/visible.js";
import type { CheckReport } from "../../../schema/check-report.js";
import { singleLine } from "../../cli/progress/paint.js";
import { figuresOf, levelOf, summaryOf } from "./summary.js";

/** GitHub's names of the levels. */
const COMMANDS = { error: "error", warning: "warning", note: "notice" } as const;

/** Text that cannot end a workflow command or begin another. */
function data(text: string): string {
  return text.replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A");
}

function property(text: string): string {
  return data(text).replace(/:/g, "%3A").replace(/,/g, "%2C");
}

/** A line that is no command: commands of the first form may begin anywhere in one. */
function plain(text: string): string {
  return singleLine(text).replaceAll("##[", "## [");
}

/**
 * A workflow command that annotates: level, properties in their order, and what it says. The text shows what is hidden in it;
 * properties are exact, as a file is found by its name.
 */
export function annotation(
  level: "error" | "warning" | "notice",
  properties: Readonly<Record<string, string>>,
  text: string,
): string {
  const named = Object.entries(properties).map(([name, value]) => `${name}=${property(value)}`);
  return `::${level} ${named.join(",")}::${data(visible(text))}`;
}

/** The report as workflow commands: an annotation for each finding, and the summary as a plain line. */
export function githubOf(report: CheckReport): string {
  const lines = report.findings.map((finding) => {
    const { file, line, rule, message, remedy } = finding;
    const place = file === "" ? {} : { file, line: String(line) };
    const text = `${message}${figuresOf(finding)}\n${remedy}`;
    return annotation(COMMANDS[levelOf(finding, report)], { ...place, title: `worknode ${rule}` }, text);
  });
  return `${[...lines, ...report.notes.map((note) => `note: ${plain(note)}`), plain(summaryOf(report))].join("\n")}\n`;
}
