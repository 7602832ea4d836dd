import { visible } from "../../../kernel/visible.js";
import type { CheckFinding, CheckReport } from "../../../schema/check-report.js";
import { levelOf, placeOf, summaryOf } from "./summary.js";

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** Text of XML 1.0 in which nothing is hidden, as people read it in the pages of a CI; what it cannot hold even so becomes a question mark. */
function escape(text: string): string {
  return visible(text)
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "?")
    .replace(/[&<>"']/g, (each) => ESCAPES[each] ?? each)
    .replace(/[\t\n\r]/g, (each) => `&#${each.charCodeAt(0)};`);
}

/**
 * The report as JUnit XML: a case for each rule that was looked at, failed where an enforced error was found. What is
 * not enforced is written to the case's output and fails nothing.
 */
export function junitOf(report: CheckReport): string {
  const rules = [...new Set([...report.checked.rules, ...report.findings.map(({ rule }) => rule)])].sort();
  const cases = rules.map((rule) =>
    caseOf(
      rule,
      report.findings.filter((finding) => finding.rule === rule),
      report,
    ),
  );
  const failures = cases.filter(({ failed }) => failed).length;
  const counts = `tests="${rules.length}" failures="${failures}" errors="0" skipped="0"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="worknode check" ${counts}>`,
    `  <testsuite name="worknode check (${report.outcome})" ${counts}>`,
    ...cases.map(({ xml }) => xml),
    `    <system-out>${escape([summaryOf(report), ...report.notes].join("\n"))}</system-out>`,
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function caseOf(
  rule: string,
  findings: readonly CheckFinding[],
  report: CheckReport,
): { xml: string; failed: boolean } {
  const errors = findings.filter((finding) => levelOf(finding, report) === "error");
  const rest = findings.filter((finding) => levelOf(finding, report) !== "error");
  const failure = errors.map((finding) => {
    const body = `${placeOf(finding)}: ${finding.message}\n${finding.remedy}`;
    return `      <failure message="${escape(finding.message)}" type="${escape(finding.code)}">${escape(body)}</failure>`;
  });
  const output = rest.map((finding) => `${placeOf(finding)}: ${finding.message}`).join("\n");
  const inner = [...failure, ...(rest.length === 0 ? [] : [`      <system-out>${escape(output)}</system-out>`])];
  const open = `    <testcase name="${escape(rule)}" classname="worknode.check"`;
  const xml = inner.length === 0 ? `${open}/>` : [`${open}>`, ...inner, "    </testcase>"].join("\n");
  return { xml, failed: errors.length > 0 };
}
