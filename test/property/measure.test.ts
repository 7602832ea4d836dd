import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { changedLines } from "../../src/measure/changed-lines.js";
import { noteReadAsJson } from "../../src/measure/ecmascript/parser-memory.js";
import { judgeChange, judgeMeasured } from "../../src/measure/judge-change.js";
import { readCoverage } from "../../src/measure/report/coverage.js";
import { measureSource } from "../../src/measure/source.js";
import { coverageFormatSchema } from "../../src/schema/plan-task.js";

const limits = { maxComplexity: 8, maxFunctionLines: 60 };

/** As in a process that has read a while: trees are read from memory, and looked at first. */
beforeAll(() => noteReadAsJson(1024 * 1024));

const PIECES = [
  "function f(a) {",
  "}",
  "{",
  "(",
  ")",
  "=>",
  "if (a)",
  "a",
  "'",
  '"',
  "`",
  "${",
  "/*",
  "*/",
  "//",
  "\n",
  ";",
  "class A {",
  "m() {",
  "?.",
  "??",
  "&&",
  "@",
  "#",
  "<",
  "/>",
  "=",
  "\\",
  "\u2028",
  "case 1:",
  "async",
  "static",
  "// @ts-ignore\n",
  "\ud800",
];
const piece = fc.constantFrom(...PIECES);
const pieces = fc.array(piece, { maxLength: 40 }).map((parts) => parts.join(" "));
const anyText = fc.oneof(pieces, fc.string({ maxLength: 200 }), fc.string({ unit: "binary", maxLength: 60 }));
const anyPath = fc.constantFrom("a.js", "a.ts", "a.tsx", "a.cjs", "a.mts", "a.d.ts", "a.jsx", "a.md");
const statement = fc.constantFrom(
  "if (a) b();",
  "for (const c of a) c();",
  "a ||= 1;",
  "const x = () => a ?? 1;",
  "call(function () {});",
);

describe("measures", () => {
  it("judge any text without throwing, and say nothing against no change", () => {
    fc.assert(
      fc.property(anyPath, anyText, anyText, (path, before, after) => {
        judgeChange({ path, before, after, limits, isTest: false });
        const unchanged = judgeChange({ path, before, after: before, limits, isTest: false });
        expect(unchanged.filter(({ blocks }) => blocks)).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  it("judge a text as the whole comparison with what was before does", () => {
    const branches = fc.array(fc.tuple(fc.nat({ max: 11 }), fc.nat({ max: 70 }), fc.boolean()), { maxLength: 3 });
    const textOf = (functions: [number, number, boolean][]): string =>
      functions
        .map(([paths, lines, hushed], index) => {
          const body = `${"if (a) b();".repeat(paths)}${"\nb();".repeat(lines)}`;
          return `${hushed ? "// @ts-ignore\n" : ""}function f${index}(a) { ${body} }\n`;
        })
        .join("");
    let refused = 0;
    fc.assert(
      fc.property(branches, branches, fc.boolean(), (was, now, torn) => {
        const [before, after] = [textOf(was), `${textOf(now)}${torn ? "}" : ""}`];
        const [then, since] = [measureSource("a.ts", before), measureSource("a.ts", after)];
        const findings = judgeChange({ path: "a.ts", before, after, limits, isTest: false });
        expect(findings).toEqual(judgeMeasured({ limits, isTest: false }, then, since));
        refused += findings.length > 0 ? 1 : 0;
      }),
      { numRuns: 300 },
    );
    expect(refused).toBeGreaterThan(100);
    expect(refused).toBeLessThan(300);
  });

  it("do not see how a function is laid out", () => {
    fc.assert(
      fc.property(
        fc.array(statement, { maxLength: 12 }),
        fc.constantFrom(" ", "\n", "\t", " /* c */ ", " // c\n"),
        (body, gap) => {
          const plain = measureSource("a.ts", `function f(a) { ${body.join(" ")} }`);
          const laidOut = measureSource("a.ts", `function f(a)${gap}{${gap}${body.join(gap)}${gap}}`);
          const figures = (one: typeof plain): unknown =>
            one.functions.map(({ complexity, token_hash }) => [complexity, token_hash]);
          expect(figures(laidOut)).toEqual(figures(plain));
        },
      ),
    );
  });

  it("count one path more for a branch more", () => {
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 12 }), (body) => {
        const [outer] = measureSource("a.ts", `function f(a) { ${body.join(" ")} }`).functions;
        const [more] = measureSource("a.ts", `function f(a) { if (a) { ${body.join(" ")} } }`).functions;
        expect(more?.complexity).toBe((outer?.complexity ?? 0) + 1);
      }),
    );
  });

  it("name as changed exactly the lines whose removal leaves lines of the old text in order", () => {
    const lines = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 12 });
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const changed = changedLines(before.join("\n"), after.join("\n"));
        const kept = after.filter((_, index) => !changed.has(index + 1));
        let at = 0;
        for (const line of before) if (line === kept[at]) at += 1;
        expect(at).toBe(kept.length);
      }),
    );
  });

  it("read any report without throwing", () => {
    const format = fc.constantFrom(...coverageFormatSchema.options);
    const row = fc.constantFrom(
      "SF:a",
      "DA:1,1",
      "DA:",
      "FN:1,f",
      "FNDA:1,f",
      "FNL:0,1",
      "FNA:0,1,f",
      "end_of_record",
      "mode: set",
      "a:1.1,2.2 1 1",
      '<?xml version="1.0"?>',
      "<coverage>",
      '<class filename="a"><lines><line number="1" hits="1"/></lines></class>',
      "</coverage>",
      '<report><package><sourcefile name="A"><line nr="1"/></sourcefile></package></report>',
      "<!DOCTYPE a [",
      "&a;",
    );
    const text = fc.oneof(
      fc.array(row, { maxLength: 20 }).map((rows) => rows.join("\n")),
      fc.json(),
      fc.string(),
    );
    fc.assert(
      fc.property(format, text, (name, report) => typeof readCoverage(report, name).ok === "boolean"),
      { numRuns: 1_000 },
    );
  });
});
