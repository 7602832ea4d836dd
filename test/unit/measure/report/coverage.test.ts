import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import type { Result } from "../../../../src/kernel/result.js";
import {
  type CoverageFormat,
  type CoverageInput,
  judgeCoverage,
  readCoverage,
  totalOf,
} from "../../../../src/measure/report/coverage.js";
import { type PlacedCoverage, placeReport } from "../../../../src/measure/report/coverage-place.js";
import type { FunctionRecord } from "../../../../src/measure/report/coverage-report.js";
import { measureSource } from "../../../../src/measure/source.js";
import { loadGrammars } from "../../../../src/measure/tree/grammar.js";

const GRAMMARS = fileURLToPath(new URL("../../../../grammars", import.meta.url));
beforeAll(() => loadGrammars(["c", "cpp", "go", "python", "java"], GRAMMARS));

interface Vectors {
  sources: Record<string, string>;
  reports: { tool: string; format: CoverageFormat; text: string; files: string[] }[];
  untested: Record<string, string[]>;
}
const vectors = JSON.parse(
  readFileSync(new URL("../../../vectors/measure-coverage.json", import.meta.url), "utf8"),
) as Vectors;
/** What the tools do not tell: c8 keeps no anonymous functions, vitest's v8 provider takes `go` for run. */
const UNKNOWN: Record<string, string[]> = { c8: ["o.lazy.<anonymous>"], "vitest v8": ["o.go"] };

/** A report of one file whose first `hit` of `of` lines are hit. */
function reportOf(path: string, hit: number, of: number, functions: FunctionRecord[] = []): PlacedCoverage {
  const lines = new Map(Array.from({ length: of }, (_, index) => [index + 1, index < hit ? 1 : 0]));
  return { files: new Map([[path, { lines, functions }]]), unclear: new Set<string>() };
}
/** A file of `count` lines that one function fills. */
const filling = (count: number): string => `function f() {\n${"  g();\n".repeat(count - 2)}}`;
const run: FunctionRecord = { name: "f", line: 1, hits: 1 };
const notRun: FunctionRecord = { name: "f", line: 1, hits: 0 };

const judge = (input: Partial<CoverageInput>): string[] =>
  judgeCoverage({
    report: reportOf("a.js", 1, 1),
    changed: [],
    min: 0.95,
    maxUntested: 0,
    baseTotal: null,
    ...input,
  }).denials.map(({ code, message }) => `${code} ${message}`);
const fresh = (path: string, after: string): CoverageInput["changed"] => [{ path, before: null, after }];

function valueOf<T>(result: Result<T, string>): T {
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

describe("reports of real tools", () => {
  it.each(
    vectors.reports.flatMap(({ tool, format, text, files }) => files.map((file) => ({ tool, format, text, file }))),
  )("by $tool as $format tell the functions of $file that were not run", ({ tool, format, text, file }) => {
    const report = valueOf(readCoverage(text, format));
    const placed = valueOf(placeReport(report, { root: "/repo", files: Object.keys(vectors.sources) }));
    const changed = fresh(file, vectors.sources[file] ?? "");
    const { denials } = judgeCoverage({
      report: placed,
      changed,
      min: 0,
      maxUntested: 0,
      baseTotal: null,
    });
    const names = [...(denials[0]?.message.matchAll(/(\S+) \([\w/]+\.\w+:\d+\)/g) ?? [])].map((hit) => hit[1]);
    const unknown = file === "src/a.js" ? (UNKNOWN[tool] ?? []) : [];
    expect(names).toEqual(vectors.untested[file]?.filter((name) => !unknown.includes(name)));
  });
});

describe("the share of changed lines", () => {
  it("is refused at 0.9499 and accepted at 0.95, exactly", () => {
    const changed = fresh("a.js", filling(10_000));
    expect(judge({ report: reportOf("a.js", 9_499, 10_000, [run]), changed, baseTotal: 0 })).toEqual([
      "ERROR_INSUFFICIENT_COVERAGE Coverage 0.9499 of a.js is below 0.9500: 9499 of 10000 changed lines hit",
    ]);
    expect(judge({ report: reportOf("a.js", 9_500, 10_000, [run]), changed })).toEqual([]);
    expect(judge({ report: reportOf("a.js", 19, 20, [run]), changed: fresh("a.js", filling(20)) })).toEqual([]);
  });

  it("is accepted with every line hit and refused all the same with one function not run", () => {
    const changed = fresh("a.js", filling(20));
    expect(judge({ report: reportOf("a.js", 20, 20, [notRun]), changed })).toEqual([
      "ERROR_UNTESTED_FUNCTIONS Untested functions 1: f (a.js:1)",
    ]);
    expect(judge({ report: reportOf("a.js", 20, 20, [notRun]), changed, maxUntested: 1 })).toEqual([]);
  });

  it("is taken over all changed files together", () => {
    const report: PlacedCoverage = {
      files: new Map([...reportOf("a.js", 100, 100, [run]).files, ...reportOf("b.js", 3, 4, [run]).files]),
      unclear: new Set(),
    };
    const changed = [...fresh("a.js", filling(100)), ...fresh("b.js", filling(4))];
    expect(judge({ report, changed })).toEqual([]);
  });

  it("counts changed lines alone, and of these the executable ones", () => {
    const before = filling(100);
    const after = before.replace("  g();\n", "  g();\n  h();\n");
    expect(
      judge({ report: reportOf("a.js", 3, 101, [run]), changed: [{ path: "a.js", before, after }], baseTotal: 0 }),
    ).toEqual([]);
    expect(
      judge({ report: reportOf("a.js", 2, 101, [run]), changed: [{ path: "a.js", before, after }], baseTotal: 0 }),
    ).toHaveLength(1);
  });

  it("names file, figure and limit in the finding", () => {
    const { denials, lines, total } = judgeCoverage({
      report: reportOf("a.js", 1, 2, [run]),
      changed: fresh("a.js", filling(2)),
      min: 0.95,
      maxUntested: 0,
      baseTotal: 0.9,
    });
    expect({ lines, total }).toEqual({ lines: 0.5, total: 0.5 });
    expect(denials).toMatchObject([
      { rule: "coverage", file: "a.js", figure: 0.5, limit: 0.95, blocks: true },
      {
        rule: "coverage",
        file: "",
        figure: 0.5,
        limit: 0.9,
        message: "Total coverage 0.5000 is below 0.9000 of the base",
      },
    ]);
  });
});

describe("a denial of changed lines", () => {
  const inner = ["/** F. */", "export function f(a) {", "  const g = () => {", "    h();", "  };", "  g();", "}"];
  const places = (lines: [number, number][], before: string | null = null, after = `${inner.join("\n")}\n`) => {
    const files = new Map([["a.js", { lines: new Map(lines), functions: [] }]]);
    const report: PlacedCoverage = lines.length === 0 ? reportOf("other.js", 1, 1) : { files, unclear: new Set() };
    const changed = [{ path: "a.js", before, after }];
    const input = { report, changed, min: 0.95, maxUntested: 9, baseTotal: 0 };
    return judgeCoverage(input).denials.map(({ file, line, function: name }) => ({ file, line, function: name }));
  };

  it("points to the first of them that was not run, and the innermost function it is in", () => {
    const nested = places([
      [3, 1],
      [4, 0],
      [6, 0],
    ]);
    expect(nested).toEqual([{ file: "a.js", line: 4, function: "f.g" }]);
    expect(
      places([
        [3, 1],
        [4, 1],
        [6, 0],
      ]),
    ).toEqual([{ file: "a.js", line: 6, function: "f" }]);
  });

  it("points past lines that did not change", () => {
    const after = [...inner.slice(0, 5), "  more();", ...inner.slice(5)].join("\n");
    const hits: [number, number][] = [
      [3, 0],
      [4, 0],
      [6, 0],
      [7, 0],
    ];
    expect(places(hits, inner.join("\n"), after)).toEqual([{ file: "a.js", line: 6, function: "f" }]);
  });

  it("points to the first changed line of code where the report does not name the file", () => {
    expect(places([])).toEqual([{ file: "a.js", line: 3, function: "f.g" }]);
  });

  it("names no function where the line is in none", () => {
    const after = "start();\nexport function f() {\n  return 1;\n}\n";
    expect(
      places(
        [
          [1, 0],
          [3, 1],
        ],
        null,
        after,
      ),
    ).toEqual([{ file: "a.js", line: 1, function: null }]);
  });
});

describe("a change without a changed function", () => {
  const na = { lines: null, total: null, denials: [] };
  const judged = (changed: CoverageInput["changed"]): unknown =>
    judgeCoverage({ report: reportOf("a.js", 0, 10), changed, min: 0.95, maxUntested: 0, baseTotal: null });

  it("is n/a and passes", () => {
    expect(judged([])).toEqual(na);
    expect(judged(fresh("a.js", "const a = 1;\n"))).toEqual(na);
    expect(judged([{ path: "a.js", before: filling(9), after: `/** Says. */\n${filling(9)}` }])).toEqual(na);
    expect(judged(fresh("types.ts", "export interface A { b: string }\n"))).toEqual(na);
  });

  it("is one of tests and texts alone", () => {
    expect(
      judged([...fresh("test/a.js", filling(9)), ...fresh("a.test.js", filling(9)), ...fresh("a.md", "# A")]),
    ).toEqual(na);
  });
});

describe("code that merely moved", () => {
  it("needs no tests of its own", () => {
    const [moved] = measureSource("old.js", filling(9)).functions;
    const text = `${filling(9)}\nfunction h() { return 1; }\n`;
    const report = reportOf("a.js", 0, 9, [notRun, { name: "h", line: 10, hits: 1 }]);
    const hit: PlacedCoverage = {
      files: new Map([
        [
          "a.js",
          {
            functions: report.files.get("a.js")?.functions ?? [],
            lines: new Map([...(report.files.get("a.js")?.lines ?? []), [10, 1]]),
          },
        ],
      ]),
      unclear: new Set(),
    };
    const elsewhere = new Set([moved?.token_hash ?? ""]);
    expect(judge({ report: hit, changed: fresh("a.js", text), elsewhere, baseTotal: 0 })).toEqual([]);
    expect(judge({ report: hit, changed: fresh("a.js", text), baseTotal: 0 })).toHaveLength(2);
  });
});

describe("a changed code file the report does not name", () => {
  it("counts 0, all its functions not run, and lowers the total", () => {
    const changed = fresh("b.js", "function f() {\n  return 1;\n}\nf();\n");
    const judged = judgeCoverage({
      report: reportOf("a.js", 2, 2),
      changed,
      min: 0.95,
      maxUntested: 0,
      baseTotal: null,
    });
    expect(judged.lines).toBe(0);
    expect(judged.total).toBe(0.5);
    expect(judged.denials.map(({ message }) => message)).toEqual([
      "Coverage 0.0000 of b.js is below 0.9500: the report does not name it",
      "Total coverage 0.5000 is below 0.9500",
      "Untested functions 1: f (b.js:1)",
    ]);
  });

  it("has no line to cover where it declares alone, as a header does", () => {
    const header = (path: string, text: string): CoverageInput["changed"] => [
      ...fresh("a.js", filling(4)),
      ...fresh(path, text),
    ];
    const of = (path: string, text: string): unknown =>
      judge({ report: reportOf("a.js", 4, 4, [run]), changed: header(path, text) });
    expect(of("ring.h", "#include <stddef.h>\nint next(int at);\nextern int size;\nMODULE(ring);\n")).toEqual([]);
    expect(of("ring.hpp", "namespace ring {\nint next(int at);\nconst int size = 3;\n}\n")).toEqual([]);
    expect(of("errors.go", 'package ring\n\nvar ErrFull = errors.New("full")\n')).toEqual([]);
    expect(of("ring.h", "static inline int next(int at) {\n  int n = at;\n  return n + 1;\n}\n")).toHaveLength(3);
    expect(of("settings.py", "SIZE = 3\n")).toHaveLength(2);
  });

  it("is not found by the end of another's path", () => {
    const changed = fresh("a.js", filling(4));
    expect(judge({ report: reportOf("lib/a.js", 4, 4, [run]), changed, min: 0 })).toHaveLength(1);
  });
});

describe("a report about other sources", () => {
  it("is no figure for a file that ends before its lines, nor part of the total", () => {
    const changed = fresh("a.js", filling(4));
    const report = reportOf("a.js", 6, 6, [run]);
    const judged = judgeCoverage({ report, changed, min: 0.95, maxUntested: 0, baseTotal: 0 });
    expect(judged).toMatchObject({ lines: 0, total: 0 });
    expect(judged.denials[0]?.message).toBe(
      "Coverage 0.0000 of a.js is below 0.9500: the report has a line 6 of it, which is past its end: it is about other sources",
    );
    expect(judge({ report: reportOf("a.js", 5, 5, [run]), changed })).toEqual([]);
  });

  it("that fits several files is none for them", () => {
    const report = { files: new Map(), unclear: new Set(["a.js"]) };
    expect(judge({ report, changed: fresh("a.js", filling(4)), baseTotal: 0 })).toEqual([
      "ERROR_INSUFFICIENT_COVERAGE Coverage 0.0000 of a.js is below 0.9500: the report does not tell it from other files of its name",
      "ERROR_UNTESTED_FUNCTIONS Untested functions 1: f (a.js:1)",
    ]);
  });
});

describe("the total", () => {
  const before = filling(10).replace("function f() {", "function f() {  ");
  const changed = [{ path: "a.js", before, after: filling(10).replace("g();", "h();") }];
  const report = reportOf("a.js", 9, 10, [run]);

  it("passes from the limit on, or where it is not below the base's", () => {
    expect(judge({ report, changed, min: 0.9 })).toEqual([]);
    expect(judge({ report, changed, baseTotal: 0.9 })).toEqual([]);
    expect(judge({ report, changed, baseTotal: 0.91 })).toEqual([
      "ERROR_INSUFFICIENT_COVERAGE Total coverage 0.9000 is below 0.9100 of the base",
    ]);
    expect(judge({ report, changed, baseTotal: 0.99 })).toEqual([
      "ERROR_INSUFFICIENT_COVERAGE Total coverage 0.9000 is below 0.9500",
    ]);
    expect(judge({ report, changed })).toHaveLength(1);
  });

  it("is of code, not of tests", () => {
    const files = new Map([
      ...report.files,
      ...reportOf("test/a.test.js", 990, 990).files,
      ...reportOf("x.css", 1, 1).files,
    ]);
    expect(totalOf({ files, unclear: new Set() })).toBe(0.9);
    expect(totalOf({ files: new Map(), unclear: new Set() })).toBe(1);
  });
});

describe("whether a function was run", () => {
  const isRun = (text: string, functions: FunctionRecord[], lines: [number, number][] = []): string[] => {
    const report = { files: new Map([["a.js", { lines: new Map(lines), functions }]]), unclear: new Set<string>() };
    return judge({ report, changed: fresh("a.js", text), min: 0 }).flatMap((text) =>
      [...text.matchAll(/(\S+) \(a\.js/g)].map((hit) => hit[1] ?? ""),
    );
  };
  const at = (line: number, hits: number, name = ""): FunctionRecord => ({ line, hits, name });

  it("is said by its record, not by its covered line", () => {
    expect(isRun("const f = () => 1;", [at(1, 0)], [[1, 5]])).toEqual(["f"]);
    expect(isRun("const f = () => 1;", [at(1, 1)], [[1, 5]])).toEqual([]);
  });

  it("is said in order where several start on one line", () => {
    const text = "const f = () => () => 1, g = () => 2;";
    expect(isRun(text, [at(1, 1), at(1, 0), at(1, 1)])).toEqual(["f.<anonymous>"]);
    expect(isRun(text, [at(1, 1), at(1, 1), at(1, 0)])).toEqual(["g"]);
  });

  it("is said by name where a line has fewer records than functions", () => {
    const text = "const f = () => () => 1, g = () => 2;";
    expect(isRun(text, [at(1, 1, "f"), at(1, 0, "g")], [[1, 1]])).toEqual(["g"]);
    expect(isRun(text, [at(1, 1, "x"), at(1, 0, "y")], [[1, 1]])).toEqual(["f", "g"]);
    const members = "class A { get v() { return () => 1; } constructor() { call(() => 1); } }";
    expect(isRun(members, [at(1, 0, "get v"), at(1, 1, "A")], [[1, 1]])).toEqual(["A.v"]);
  });

  it("is said by a record on the lines of its head", () => {
    const text = "const f = async (\n  a,\n) => {\n  return a;\n};";
    expect(isRun(text, [at(3, 0)], [[4, 1]])).toEqual(["f"]);
    expect(isRun(text, [at(3, 1)], [[4, 0]])).toEqual([]);
  });

  it("is not said by the record of another function in its head", () => {
    const text = "const f = (\n  a = () => 1,\n) => {\n  return a;\n};";
    expect(isRun(text, [at(2, 0)], [[4, 1]])).toEqual(["f.a"]);
  });

  it("is said by the lines of its body where it has no record", () => {
    const text = "function f() {\n  return 1;\n}";
    expect(
      isRun(
        text,
        [],
        [
          [1, 1],
          [2, 0],
          [3, 0],
        ],
      ),
    ).toEqual(["f"]);
    expect(
      isRun(
        text,
        [],
        [
          [1, 1],
          [2, 1],
          [3, 1],
        ],
      ),
    ).toEqual([]);
    expect(isRun(text, [], [])).toEqual(["f"]);
    expect(
      isRun(
        "const f = () =>\n  1;",
        [],
        [
          [1, 1],
          [2, 0],
        ],
      ),
    ).toEqual(["f"]);
  });

  it("is no for a named one-line function the tool left out, and as its line for a callback", () => {
    const text = "function f() { return 1; }\ncall(() => 1);";
    expect(
      isRun(
        text,
        [at(9, 1)],
        [
          [1, 1],
          [2, 1],
        ],
      ),
    ).toEqual(["f"]);
    expect(
      isRun(
        text,
        [at(9, 1)],
        [
          [1, 1],
          [2, 0],
        ],
      ),
    ).toEqual(["f", "<anonymous>"]);
    expect(
      isRun(
        text,
        [],
        [
          [1, 1],
          [2, 1],
        ],
      ),
    ).toEqual(["f"]);
  });

  it("is said by its line where no definition runs", () => {
    const isRunIn = (path: string, text: string): string[] =>
      judge({ report: reportOf(path, 1, 1), changed: fresh(path, text), min: 0 });
    expect(isRunIn("a.c", "int f(void) { return 1; }\n")).toEqual([]);
    expect(isRunIn("a.py", "def f(): return 1\n")).toEqual([
      "ERROR_UNTESTED_FUNCTIONS Untested functions 1: f (a.py:1)",
    ]);
  });

  it("names ten at most, and counts all", () => {
    const text = Array.from({ length: 12 }, (_, index) => `function f${index}() {}`).join("\n");
    const [message] = judge({ report: reportOf("a.js", 0, 12), changed: fresh("a.js", text), min: 0 });
    expect(message).toContain("Untested functions 12: f0 (a.js:1), f1 (a.js:2)");
    expect(message).not.toContain("f10");
  });
});
