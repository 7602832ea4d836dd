import { visibleJson } from "../../../kernel/visible.js";
import type { CheckReport } from "../../../schema/check-report.js";
import { githubOf } from "./github.js";
import { junitOf } from "./junit.js";
import { markdownOf } from "./markdown.js";
import { sarifOf } from "./sarif.js";
import { textOf } from "./text.js";

/** How a report is written. */
export const CHECK_FORMATS = ["text", "json", "sarif", "junit", "github", "markdown"] as const;
export type CheckFormat = (typeof CHECK_FORMATS)[number];

const WRITERS: Readonly<Record<CheckFormat, (report: CheckReport, version: string) => string>> = {
  text: textOf,
  json: (report) => `${visibleJson(report)}\n`,
  sarif: sarifOf,
  junit: junitOf,
  github: githubOf,
  markdown: markdownOf,
};

/** Writes a report in a format; `version` is worknode's own. */
export function renderReport(report: CheckReport, format: CheckFormat, version: string): string {
  return WRITERS[format](report, version);
}
