import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { invalid, messageOf } from "../../kernel/fault.js";
import type { CheckReport } from "../../schema/check-report.js";
import type { CliContext } from "../cli/context.js";
import { type CheckFormat, renderReport } from "./format/render.js";
import { summaryOf } from "./format/summary.js";

/** How a report is wanted. */
export interface ReportWish {
  readonly format: CheckFormat;
  /** File it goes to; then the screen has its summary alone. */
  readonly output: string | undefined;
  /** Worknode's own. */
  readonly version: string;
}

/** Writes a report to the screen, or to a file. Throws Fault BAD_OUTPUT (exit 2). */
export function writeReport(
  { cwd, out }: Pick<CliContext, "cwd" | "out">,
  report: CheckReport,
  { format, output, version }: ReportWish,
): void {
  const text = renderReport(report, format, version);
  if (output === undefined) return out.write(text);
  writeTo(resolve(cwd, output), text);
  out.write(`${summaryOf(report)}\n`);
}

function writeTo(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (cause) {
    throw invalid("BAD_OUTPUT", `the report cannot be written to ${path}: ${messageOf(cause)}.`, cause);
  }
}
