import { describe, expect, it } from "vitest";
import type { Finding } from "../../../src/measure/finding.js";
import { type ChangeInput, judgeChange } from "../../../src/measure/judge-change.js";
import { measureSource } from "../../../src/measure/source.js";

const limits = { maxComplexity: 8, maxFunctionLines: 60 };
const judge = (after: string, before: string | null = null, more: Partial<ChangeInput> = {}): Finding[] =>
  judgeChange({ path: "src/a.ts", before, after, limits, isTest: false, ...more });
const codes = (findings: Finding[]): string[] => findings.map(({ code, blocks }) => `${code}${blocks ? "" : "?"}`);

/** A function of a given complexity. */
const paths = (complexity: number, name = "f"): string =>
  `function ${name}(a) {\n${Array.from({ length: complexity - 1 }, (_, at) => `  if (a === ${at}) g();`).join("\n")}\n}\n`;
/** A function of a given number of lines. */
const lines = (count: number, name = "f"): string => `function ${name}() {\n${"  g();\n".repeat(count - 2)}}\n`;

describe("a new function", () => {
  it("may have 8 paths and 60 lines", () => {
    expect(judge(paths(8) + lines(60, "h"))).toEqual([]);
  });

  it("is refused at 9 paths and at 61 lines", () => {
    expect(codes(judge(paths(9)))).toEqual(["ERROR_COMPLEXITY_VIOLATION"]);
    expect(codes(judge(lines(61)))).toEqual(["ERROR_LENGTH_VIOLATION"]);
  });

  it("of a test is as long as its code: neither what is said of it nor the tests in its block count", () => {
    const test = { path: "src/a.test.ts", isTest: true };
    const said = `${"  // why\n\n  /* and\n   * how */\n".repeat(20)}`;
    const saying = (count: number): string => lines(count).replace("{\n", `{\n${said}`);
    expect(judge(saying(60), null, test)).toEqual([]);
    expect(codes(judge(saying(61), null, test))).toEqual(["ERROR_LENGTH_VIOLATION"]);
    expect(codes(judge(saying(60)))).toEqual(["ERROR_LENGTH_VIOLATION"]);
    const commented = lines(61).replaceAll("g();", "/* a */ g(); // b");
    expect(codes(judge(commented, null, test))).toEqual(["ERROR_LENGTH_VIOLATION"]);
    const block = (count: number, within: string): string =>
      `describe("all", () => {\n${within}${'  it("does", () => {\n    g();\n  });\n\n'.repeat(count)}});\n`;
    expect(judge(block(200, "  g();\n".repeat(58)), block(199, ""), test)).toEqual([]);
    expect(codes(judge(block(200, "  g();\n".repeat(59)), block(199, ""), test))).toEqual(["ERROR_LENGTH_VIOLATION"]);
    expect(codes(judge(block(200, ""), block(199, "")))).toEqual(["ERROR_LENGTH_VIOLATION"]);
  });

  it("is refused in the sources' words, with figure, limit, place and remedy", () => {
    expect(judge(`let a;\n${paths(11)}`)).toEqual([
      {
        rule: "max-complexity",
        code: "ERROR_COMPLEXITY_VIOLATION",
        file: "src/a.ts",
        line: 2,
        function: "f",
        figure: 11,
        limit: 8,
        message: "Function complexity 11 exceeds agent limit 8",
        remedy: "Split f into functions of complexity at most 8.",
        blocks: true,
      },
    ]);
    expect(judge(lines(61))).toMatchObject([
      { rule: "max-function-lines", figure: 61, limit: 60, message: "Function length 61 exceeds agent limit 60" },
    ]);
  });

  it("is held to the plan's tighter limits", () => {
    expect(codes(judge(paths(5), null, { limits: { maxComplexity: 4, maxFunctionLines: 60 } }))).toHaveLength(1);
    expect(codes(judge(lines(41), null, { limits: { maxComplexity: 8, maxFunctionLines: 40 } }))).toHaveLength(1);
  });

  it("is refused for both reasons at once, and in tests as well", () => {
    const both = paths(70);
    expect(codes(judge(both, null, { isTest: true }))).toEqual([
      "ERROR_COMPLEXITY_VIOLATION",
      "ERROR_LENGTH_VIOLATION",
    ]);
  });

  it("beside others that were there before is judged alone", () => {
    expect(judge(paths(20) + paths(9, "h"), paths(20))).toMatchObject([{ function: "h", figure: 9 }]);
  });

  it("is a class field's initialiser too, but for its lines", () => {
    const field = `class A {\n  x = {\n${"    a: 1,\n".repeat(80)}    b: c || d,\n  };\n  y = a || b || c || d || e || f || g || h || i;\n}`;
    expect(judge(field)).toMatchObject([{ code: "ERROR_COMPLEXITY_VIOLATION", function: "A.y", figure: 9 }]);
  });
});

describe("a function that was there before", () => {
  it("may stay as complex and as long as it was, or get better", () => {
    expect(judge(paths(20).replace("g()", "h()"), paths(20))).toEqual([]);
    expect(judge(paths(19), paths(20))).toEqual([]);
    expect(judge(lines(100).replace("g()", "h()"), lines(100))).toEqual([]);
    expect(judge(lines(99), lines(100))).toEqual([]);
  });

  it("may not get worse beyond the limit", () => {
    expect(judge(paths(21), paths(20))).toMatchObject([
      { figure: 21, limit: 8, remedy: "Split f into functions of complexity at most 20." },
    ]);
    expect(codes(judge(lines(101), lines(100)))).toEqual(["ERROR_LENGTH_VIOLATION"]);
    expect(judge(paths(8), paths(3))).toEqual([]);
  });

  it("is told by its class, and among namesakes by its order", () => {
    const inClass = (name: string, text: string): string => `class ${name} { ${text.replace("function ", "")} }\n`;
    expect(judge(inClass("A", paths(9)) + inClass("B", paths(12)), inClass("A", paths(9)))).toMatchObject([
      { function: "B.f", figure: 12 },
    ]);
    const twice = (first: number, second: number): string => `{ ${paths(first)} } { ${paths(second)} }`;
    expect(judge(twice(12, 10), twice(12, 9))).toMatchObject([{ figure: 10, line: 14 }]);
    expect(judge(twice(11, 9), twice(12, 10))).toEqual([]);
  });

  it("keeps its figures when a namesake is put before it", () => {
    const callback = (complexity: number): string => `call(${paths(complexity, "").trim()});\n`;
    expect(judge(callback(2) + callback(20), callback(20))).toEqual([]);
    expect(judge(callback(9) + callback(20), callback(20))).toMatchObject([{ figure: 9, line: 1 }]);
  });
});

describe("a move", () => {
  it("within the file, a new name or a new place included, is nothing new", () => {
    expect(judge(paths(20, "renamed"), paths(20))).toEqual([]);
    expect(judge(`class A { static ${paths(20).replace("function ", "")} }`, paths(20))).toEqual([]);
  });

  it("from another file of the base is nothing new", () => {
    const [moved] = measureSource("src/old.ts", paths(20)).functions;
    const elsewhere = new Set([moved?.token_hash ?? ""]);
    expect(judge(`/** Moved. */\nexport ${paths(20)}`, null, { elsewhere })).toEqual([]);
    expect(codes(judge(paths(21), null, { elsewhere }))).toEqual(["ERROR_COMPLEXITY_VIOLATION"]);
  });
});

describe("a function whose name tells not which one it was", () => {
  const callback = (complexity: number): string => `on(${paths(complexity, "").trim()});\n`;

  it("is paired by size where unnamed ones came or went, so that a small one before it makes it no worse", () => {
    const before = callback(20);
    expect(judge(callback(2) + callback(19), before)).toEqual([]);
    expect(codes(judge(callback(2) + callback(21), before))).toEqual(["ERROR_COMPLEXITY_VIOLATION"]);
    expect(codes(judge(callback(19) + callback(18), before))).toEqual(["ERROR_COMPLEXITY_VIOLATION"]);
  });

  it("is paired in order where as many are there as before", () => {
    expect(codes(judge(callback(19) + callback(2), callback(3) + callback(20)))).toEqual([
      "ERROR_COMPLEXITY_VIOLATION",
    ]);
  });

  it("is the one of its own name that is left where what it stands in was renamed", () => {
    const inside = (outer: string, complexity: number): string =>
      `function ${outer}() {\n${paths(complexity, "step")}}\n`;
    expect(judge(inside("after", 14), inside("before", 15))).toEqual([]);
    expect(codes(judge(inside("after", 16), inside("before", 15)))).toEqual(["ERROR_COMPLEXITY_VIOLATION"]);
    expect(codes(judge(inside("b", 14) + inside("c", 13), inside("a", 15)))).toEqual(["ERROR_COMPLEXITY_VIOLATION"]);
    expect(codes(judge(inside("before", 15) + inside("after", 14), inside("before", 15)))).toEqual([
      "ERROR_COMPLEXITY_VIOLATION",
    ]);
  });
});

describe("a parse error", () => {
  it("that is new blocks", () => {
    expect(judge("const = 1;", "const a = 1;")).toMatchObject([
      { rule: "parse", code: "ERROR_PARSE", line: 1, function: null, blocks: true },
    ]);
    expect(codes(judge("function f() {"))).toEqual(["ERROR_PARSE"]);
    expect(codes(judge(`x = ${"(".repeat(50_000)}`))).toEqual(["ERROR_PARSE"]);
  });

  it("that was there before warns, and a further one blocks", () => {
    expect(codes(judge("\nconst = 1;", "const = 1;"))).toEqual(["ERROR_PARSE?"]);
    expect(codes(judge("return 1;\nreturn 2;", "return 1;"))).toEqual(["ERROR_PARSE?", "ERROR_PARSE"]);
    expect(codes(judge("const = 1;", "return 1;"))).toEqual(["ERROR_PARSE"]);
  });
});

describe("a comment that switches a rule off", () => {
  it("blocks when it is added", () => {
    expect(judge("a();\n// eslint-disable-next-line\nb();", "a();\nb();")).toEqual([
      {
        rule: "no-suppression",
        code: "ERROR_SUPPRESSION",
        file: "src/a.ts",
        line: 2,
        function: null,
        figure: 1,
        limit: 0,
        message: "Comment switches a rule off: eslint-disable",
        remedy: "Fix what the rule points at instead, or ask a person to change the plan.",
        blocks: true,
      },
    ]);
  });

  it("that was there before stays, wherever it goes and however it is indented", () => {
    expect(judge("b();\n  //  @ts-ignore\na();", "// @ts-ignore\na();\nb();")).toEqual([]);
  });

  it("that was there before may be given a reason, and blocks with another rule, another reason or as a second one", () => {
    const given = (before: string, after: string): string[] => codes(judge(`${after}\na();`, `${before}\na();`));
    expect(given("// @ts-expect-error", "// @ts-expect-error -- assigned above")).toEqual([]);
    expect(given("/* @ts-ignore */", "// @ts-ignore: no types")).toEqual([]);
    expect(given("// eslint-disable-next-line a, b", "// eslint-disable-next-line a, b -- for\u2028now")).toEqual([]);
    const others: readonly (readonly [string, string])[] = [
      ["// @ts-ignore", "// @ts-nocheck -- all of it"],
      ["// @ts-ignore", "/* @ts-ignore\n @ts-nocheck */"],
      ["// @ts-ignore", "// @ts-ignore NOSONAR"],
      ["// @ts-ignore because", "// @ts-ignore why"],
      ["// @ts-ignore because", "// @ts-ignore"],
      ["// @ts-ignore", "// @ts-ignore one\n// @ts-ignore"],
      ["// eslint-disable-next-line a", "// eslint-disable-next-line a, b -- why"],
      ["// eslint-disable-next-line a", "// eslint-disable-next-line a --b"],
      ["// eslint-disable-next-line", "// eslint-disable -- why"],
      ["// oxlint-disable-next-line a", "// oxlint-disable-next-line a -- b"],
    ];
    for (const [before, after] of others) expect(given(before, after), after).toEqual(["ERROR_SUPPRESSION"]);
  });

  it("blocks as a second one, and in place of another", () => {
    expect(codes(judge("// @ts-ignore\na();\n// @ts-ignore\nb();", "// @ts-ignore\na();"))).toEqual([
      "ERROR_SUPPRESSION",
    ]);
    expect(codes(judge("// eslint-disable-next-line b", "// eslint-disable-next-line a"))).toEqual([
      "ERROR_SUPPRESSION",
    ]);
  });

  it("blocks in tests, but for a table that keeps its columns there", () => {
    const kept = (text: string, isTest = true): string[] => codes(judge(`${text}\nf([1,  2]);\n`, null, { isTest }));
    expect([kept("// prettier-ignore"), kept("/* prettier-ignore */"), kept("// dprint-ignore")]).toEqual([[], [], []]);
    const region = "// prettier-ignore-start";
    const others = [
      region,
      "// dprint-ignore-file",
      "// clang-format off",
      "/* @formatter:off */",
      "// prettier-ignore NOSONAR",
    ];
    for (const text of others) expect(kept(text)).toContain("ERROR_SUPPRESSION");
    expect(kept("// prettier-ignore\n// eslint-disable-next-line")).toEqual(["ERROR_SUPPRESSION"]);
    expect(kept("// prettier-ignore", false)).toEqual(["ERROR_SUPPRESSION"]);
    expect(codes(judge(`// prettier-ignore\n${lines(61)}${paths(9, "h")}`, null, { isTest: true }))).toHaveLength(2);
  });

  it("blocks in tests, but for ts-expect-error there", () => {
    expect(codes(judge("// @ts-ignore", null, { isTest: true }))).toEqual(["ERROR_SUPPRESSION"]);
    expect(codes(judge("// @ts-expect-error", null, { isTest: true }))).toEqual([]);
    expect(codes(judge("// @ts-expect-error", null))).toEqual(["ERROR_SUPPRESSION"]);
  });

  it("is not one inside a string", () => {
    expect(judge('const a = "// @ts-ignore /* istanbul ignore next */";')).toEqual([]);
  });
});

describe("a file of another language", () => {
  it("is not judged", () => {
    expect(judge("{{{ // eslint-disable", null, { path: "notes.md" })).toEqual([]);
  });
});
