import sarifSchema from "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json" with { type: "json" };
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { expect, it } from "vitest";
import type { CheckReport } from "../../../../src/schema/check-report.js";
import { CHECK_FORMATS, renderReport } from "../../../../src/surface/check/format/render.js";

const REPORT: CheckReport = {
  version: 1,
  mode: "enforce",
  outcome: "failed",
  exit_code: 4,
  base: "a".repeat(40),
  head: "b".repeat(40),
  scope: "change",
  checked: {
    files: 2,
    left_out: 0,
    unmeasured: 0,
    functions: 3,
    lines: 40,
    rules: ["coverage", "max-complexity"],
    commits: 0,
  },
  findings: [
    {
      rule: "max-complexity",
      code: "ERROR_COMPLEXITY_VIOLATION",
      severity: "error",
      file: "src/ä %,:<b>.ts",
      line: 7,
      function: "Class.method",
      figure: 9,
      limit: 8,
      message: "Function complexity 9 exceeds agent limit 8",
      remedy: "Split | it\n::error::now & <then>.",
    },
    {
      rule: "coverage",
      code: "ERROR_INSUFFICIENT_COVERAGE",
      severity: "warning",
      file: "",
      line: 1,
      function: null,
      figure: 0.91239,
      limit: 0.95,
      message: "Total coverage 0.9123 is below 0.9500",
      remedy: "Write tests.",
    },
  ],
  baselined: 0,
  provenance: "off",
  notes: ["a note\u0007 with <tags>"],
};

const render = (format: (typeof CHECK_FORMATS)[number], report = REPORT): string =>
  renderReport(report, format, "1.2.3");

it.each(["::error::all is well", " ::add-mask::src", "\t::stop-commands::x"])(
  "gives no text that a workflow's runner takes for a command, whatever a file is called: %j",
  (file) => {
    const [finding] = REPORT.findings;
    const text = render("text", { ...REPORT, findings: [{ ...(finding as (typeof REPORT.findings)[number]), file }] });
    expect(text).toContain("::");
    expect(text).not.toMatch(/^\s*::/m);
  },
);

it("gives text with place, rule, figure, limit and fix, and the summary last", () => {
  expect(render("text").split("\n")).toEqual([
    "src/ä %,:<b>.ts:7: error max-complexity: Function complexity 9 exceeds agent limit 8 [9, limit 8]",
    "  fix: Split | it ::error::now & <then>.",
    "(whole change): warning coverage: Total coverage 0.9123 is below 0.9500 [0.9123, limit 0.95]",
    "  fix: Write tests.",
    "note: a note<U+0007> with <tags>",
    "worknode check: FAILED; 1 error(s), 1 warning(s); checked 2 file(s), 3 function(s), 40 line(s) by 2 rules; aaaaaaaaaaaa..bbbbbbbbbbbb",
    "",
  ]);
});

it("gives GitHub annotations that no file name and no message can break out of", () => {
  expect(render("github").split("\n").slice(0, 2)).toEqual([
    "::error file=src/ä %25%2C%3A<b>.ts,line=7,title=worknode max-complexity::Function complexity 9 exceeds agent limit 8 [9, limit 8]%0ASplit | it%0A::error::now & <then>.",
    "::warning title=worknode coverage::Total coverage 0.9123 is below 0.9500 [0.9123, limit 0.95]%0AWrite tests.",
  ]);
});

it("gives GitHub's plain lines as they are, and none that is a command", () => {
  const notes = [
    "coverage: 50.00 % of changed lines",
    "'x\n::error::y ##[add-mask]z' is known as an agent",
    "::stop::",
  ];
  const lines = render("github", { ...REPORT, findings: [], notes })
    .trimEnd()
    .split("\n");
  expect(lines.slice(0, -1)).toEqual([
    "note: coverage: 50.00 % of changed lines",
    "note: 'x ::error::y ## [add-mask]z' is known as an agent",
    "note: ::stop::",
  ]);
});

it("gives SARIF with rules, places, levels and the summary", () => {
  const log = JSON.parse(render("sarif"));
  expect(log).toMatchObject({ version: "2.1.0", $schema: expect.stringContaining("sarif-schema-2.1.0.json") });
  const [run] = log.runs;
  expect(run.tool.driver).toMatchObject({ name: "worknode", semanticVersion: "1.2.3" });
  expect(
    run.results.map((result: { ruleIndex: number; ruleId: string }) => run.tool.driver.rules[result.ruleIndex].id),
  ).toEqual(run.results.map((result: { ruleId: string }) => result.ruleId));
  expect(run.results[0]).toMatchObject({
    level: "error",
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: "src/%C3%A4%20%25%2C%3A%3Cb%3E.ts", uriBaseId: "SRCROOT" },
          region: { startLine: 7 },
        },
        logicalLocations: [{ fullyQualifiedName: "Class.method" }],
      },
    ],
  });
  expect(run.results[1]).not.toHaveProperty("locations");
});

it("gives SARIF that the official schema of 2.1.0 accepts, whatever was found, and in every mode", () => {
  // It names draft 4 and uses nothing in which that differs from what the validator knows.
  const { $schema: _draft, id: _id, ...schema } = sarifSchema;
  const validate = addFormats.default(new Ajv({ strict: false, unicodeRegExp: false })).compile(schema);
  const reports: CheckReport[] = [
    REPORT,
    { ...REPORT, mode: "observe", outcome: "observed", exit_code: 0 },
    { ...REPORT, mode: "warn", outcome: "warned", exit_code: 0 },
    { ...REPORT, outcome: "passed", exit_code: 0, findings: [], notes: [] },
    { ...REPORT, scope: "all", base: null, baselined: 3 },
  ];
  for (const report of reports) {
    validate(JSON.parse(render("sarif", report)));
    expect(validate.errors).toBeNull();
  }
  const wrong = JSON.parse(render("sarif"));
  wrong.runs[0].results[0].level = "fatal";
  expect(validate(wrong)).toBe(false);
});

it("gives Markdown whose cells stay cells", () => {
  const table = render("markdown")
    .split("\n")
    .filter((line) => line.startsWith("|"));
  expect(table.map((row) => row.replace(/\\\|/g, "").split("|").length)).toEqual([7, 7, 7, 7]);
  expect(render("markdown")).not.toContain("<b>");
});

it("gives JUnit XML that a parser reads: a case for each rule, failed where an enforced error was found", () => {
  const xml = render("junit");
  expect(XMLValidator.validate(xml)).toBe(true);
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: "",
    isArray: (name) => name === "testcase",
  });
  const { testsuites } = parser.parse(xml);
  expect(testsuites).toMatchObject({ tests: "2", failures: "1", errors: "0" });
  const [coverage, complexity] = testsuites.testsuite.testcase;
  expect(coverage).toMatchObject({ name: "coverage", "system-out": expect.stringContaining("Total coverage") });
  expect(coverage).not.toHaveProperty("failure");
  expect(complexity.failure).toMatchObject({
    type: "ERROR_COMPLEXITY_VIOLATION",
    "#text": expect.stringContaining("src/ä %,:<b>.ts:7: Function complexity 9"),
  });
  expect(testsuites.testsuite["system-out"]).toContain("a note<U+0007> with <tags>");
});

it.each(CHECK_FORMATS)("hides nothing of a message, a remedy, a name or a note from who reads %s", (format) => {
  const [first] = REPORT.findings;
  if (first === undefined) throw new Error("there is a finding");
  const steered = "is\u202e not\u200b fine\u001b[2K\u{e0041}";
  const finding = { ...first, file: "src/a.ts", message: steered, remedy: steered, function: steered };
  const text = render(format, { ...REPORT, findings: [finding], notes: [steered] });
  expect(text).toContain("fine");
  expect(text).toMatch(/U\+202E|\\u202e/);
  for (const hidden of ["\u202e", "\u200b", "\u001b", "\u{e0041}"]) expect(text).not.toContain(hidden);
});

it("gives one JSON object", () => {
  expect(JSON.parse(render("json"))).toEqual(REPORT);
});

it("shows nothing as an error, and says passed nowhere, where nothing is enforced", () => {
  for (const [mode, outcome] of [
    ["observe", "observed"],
    ["warn", "warned"],
  ] as const)
    for (const format of CHECK_FORMATS) {
      const text = render(format, { ...REPORT, mode, outcome, exit_code: 0 });
      expect(text, format).not.toMatch(/passed|<failure|^::error|"level": ?"error"|\| error/m);
    }
  expect(render("junit")).toContain("<failure");
});
