import { describe, expect, it } from "vitest";
import { type CompletionInput, judgeCompletion } from "../../../src/measure/completion.js";
import type { PlacedCoverage } from "../../../src/measure/report/coverage-place.js";
import { measureSource } from "../../../src/measure/source.js";

const report: PlacedCoverage = {
  files: new Map([["src/a.ts", { lines: new Map([[1, 1]]), functions: [{ name: "f", line: 1, hits: 0 }] }]]),
  unclear: new Set(),
};
const coverage = { report, min: 0.95, maxUntested: 0, baseTotal: null };
const bare = "function f() { return 1; }\n";
const judge = (after: string, more: Partial<CompletionInput> & { path?: string; before?: string } = {}): string[] => {
  const { path = "src/a.ts", before = null, ...rest } = more;
  const limits = { maxComplexity: 8, maxFunctionLines: 60 };
  const input = { files: [{ path, before, after }], limits, requireDocs: true, waivers: [], ...rest };
  return judgeCompletion(input).findings.map(({ code, function: name }) => `${code} ${name ?? "-"}`);
};

describe("a submitted result", () => {
  it("passes when nothing is to be said against it", () => {
    expect(judge("/** Gives one. */\nexport const f = () => 1;\ncall(() => 2);\n")).toEqual([]);
    expect(judge("# text", { path: "docs/a.md" })).toEqual([]);
  });

  it("needs its new and changed named functions documented", () => {
    expect(judge(bare)).toEqual(["ERROR_UNDOCUMENTED f"]);
    expect(judge("function f() { return 2; }", { before: bare })).toEqual(["ERROR_UNDOCUMENTED f"]);
    expect(judge(`${bare}// more\n`, { before: bare })).toEqual([]);
    expect(judge(bare, { path: "test/a.ts" })).toEqual([]);
    expect(judge(bare, { requireDocs: false })).toEqual([]);
    expect(judge(bare, { waivers: ["documentation"] })).toEqual([]);
  });

  it("says what is missing and where", () => {
    const files = [{ path: "src/a.ts", before: null, after: `\n${bare}` }];
    const limits = { maxComplexity: 8, maxFunctionLines: 60 };
    expect(judgeCompletion({ files, limits, requireDocs: true, waivers: [] })).toEqual({
      findings: [
        {
          rule: "documentation",
          code: "ERROR_UNDOCUMENTED",
          file: "src/a.ts",
          line: 2,
          function: "f",
          figure: 0,
          limit: 1,
          message: "Function f has no documentation comment",
          remedy: "Say in a comment directly before f what it is for.",
          blocks: true,
        },
      ],
    });
  });

  it("is held to the limits, to parsing and to suppressions again", () => {
    const long = `/** Does. */\nfunction f() {\n${"  g();\n".repeat(60)}}`;
    expect(judge(`${long}\n// eslint-disable-next-line\n`)).toEqual([
      "ERROR_LENGTH_VIOLATION f",
      "ERROR_SUPPRESSION -",
    ]);
    expect(judge("const = 1;")).toEqual(["ERROR_PARSE -"]);
    const expected = "// @ts-expect-error\nf(1);\n";
    expect(judge(expected)).toEqual(["ERROR_SUPPRESSION -"]);
    expect(judge(expected, { path: "types/a.tst.ts" })).toEqual([]);
  });

  it("is held to its coverage, unless that is waived", () => {
    const text = `${bare}`;
    const waivers = ["documentation"];
    expect(judge(text, { coverage, waivers })).toEqual(["ERROR_UNTESTED_FUNCTIONS f"]);
    expect(judge(text, { coverage, waivers: ["documentation", "coverage"] })).toEqual([]);
  });

  it("gives the coverage figures where coverage was judged", () => {
    const files = [{ path: "src/a.ts", before: null, after: bare }];
    const limits = { maxComplexity: 8, maxFunctionLines: 60 };
    const input = { files, limits, requireDocs: false, waivers: [] };
    expect(judgeCompletion({ ...input, coverage }).coverage).toMatchObject({ lines: 1, total: 1 });
    expect(judgeCompletion(input)).not.toHaveProperty("coverage");
  });

  it("owes nothing for code that moved", () => {
    const [moved] = measureSource("src/old.ts", bare).functions;
    const elsewhere = new Set([moved?.token_hash ?? ""]);
    expect(judge(bare, { coverage, elsewhere })).toEqual([]);
  });
});
