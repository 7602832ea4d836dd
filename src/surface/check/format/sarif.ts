import type { Log, ReportingDescriptor, Result } from "sarif";
import { visibleJson } from "../../../kernel/visible.js";
import type { CheckFinding, CheckReport } from "../../../schema/check-report.js";
import { figuresOf, levelOf, summaryOf } from "./summary.js";

const SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/** The report as SARIF 2.1.0. `notes` and the summary are notifications of the invocation. */
export function sarifOf(report: CheckReport, version: string): string {
  const rules = [...new Set(report.findings.map(({ rule }) => rule))].sort();
  const log: Log = {
    $schema: SCHEMA,
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: { name: "worknode", semanticVersion: version, rules: rules.map((rule) => ruleOf(rule, report)) },
        },
        invocations: [
          {
            executionSuccessful: true,
            exitCode: report.exit_code,
            toolExecutionNotifications: [summaryOf(report), ...report.notes].map((text) => ({
              level: "note",
              message: { text },
            })),
          },
        ],
        originalUriBaseIds: { SRCROOT: { description: { text: "The top of the repository." } } },
        columnKind: "utf16CodeUnits",
        results: report.findings.map((finding) => resultOf(finding, report, rules.indexOf(finding.rule))),
      },
    ],
  };
  return `${visibleJson(log, 2)}\n`;
}

function ruleOf(rule: string, report: CheckReport): ReportingDescriptor {
  const example = report.findings.find((finding) => finding.rule === rule);
  return {
    id: rule,
    name: rule.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase()),
    shortDescription: { text: `worknode rule ${rule} (${example?.code ?? ""})` },
    help: { text: example?.remedy ?? "" },
  };
}

function resultOf(finding: CheckFinding, report: CheckReport, ruleIndex: number): Result {
  const { rule, code, file, line, function: name, figure, limit, message, remedy, severity } = finding;
  const uri = file.split("/").map(encodeURIComponent).join("/");
  const physical = { artifactLocation: { uri, uriBaseId: "SRCROOT" }, region: { startLine: line } };
  const logical = name === null ? {} : { logicalLocations: [{ fullyQualifiedName: name, kind: "function" }] };
  return {
    ruleId: rule,
    ruleIndex,
    level: levelOf(finding, report),
    message: { text: `${message}${figuresOf(finding)}. ${remedy}` },
    ...(file === "" ? {} : { locations: [{ physicalLocation: physical, ...logical }] }),
    partialFingerprints: { "worknode/v1": `${rule}:${file}:${name ?? ""}` },
    properties: { code, figure, limit, severity },
  };
}
