import { describe, expect, it } from "vitest";
import type { FunctionMeasure } from "../../../../src/measure/file-measure.js";
import { type CoverageFormat, readCoverage } from "../../../../src/measure/report/coverage.js";
import { placeReport } from "../../../../src/measure/report/coverage-place.js";
import { hitLookup, isHit } from "../../../../src/measure/report/function-hit.js";
import { measureSource } from "../../../../src/measure/source.js";

const times = (count: number, of: (index: number) => string): string =>
  Array.from({ length: count }, (_, i) => of(i)).join("");
const lcov = (body: string): string => `SF:a.js\n${body}end_of_record\n`;
const numbers = (count: number, first: number): number[] => Array.from({ length: count }, (_, index) => first + index);

function refusal(text: string, format: CoverageFormat): string {
  const read = readCoverage(text, format);
  return read.ok ? "it was read" : read.error;
}

/** A function of a script from one line to another; its body opens on the first. */
function functionAt(line: number, end_line: number): FunctionMeasure {
  const [measured] = measureSource("a.js", "function f() {}").functions;
  if (measured === undefined) throw new Error("no function");
  return { ...measured, name: `f${line}`, qualified_name: `f${line}`, line, end_line, body_line: line };
}

/** The functions of the only file of a report. */
function functionsOf(text: string, format: CoverageFormat): readonly { line: number; hits: number }[] {
  const read = readCoverage(text, format);
  if (!read.ok) throw new Error(read.error);
  return [...read.value.files.values()].flatMap(({ functions }) => functions);
}

describe("a report that is made to take for ever, to fill the memory or to end the program", () => {
  it("is refused at the first of a million faults", () => {
    const bad = JSON.stringify(numbers(300_000, -300_000));
    expect(refusal(`{"files":{"a.py":{"executed_lines":${bad},"missing_lines":[]}}}`, "coverage.py")).toMatch(
      /^files\.a\.py\.executed_lines\.0: Too small/,
    );
    expect(refusal(`{"files":[{"file":"a.c","lines":${bad}}]}`, "gcov")).toMatch(/^files\.0\.lines\.0: Invalid input/);
    const map = `{${times(300_000, (index) => `"${index}":1,`)}"last":1}`;
    expect(refusal(`{"a.js":{"statementMap":${map},"s":{},"fnMap":{},"f":{}}}`, "istanbul")).toMatch(
      /^a\.js\.statementMap\.0: Invalid input/,
    );
  });

  it("is read where a function has a hundred thousand lines", () => {
    const region = { executed_lines: numbers(300_000, 7), missing_lines: [] };
    const report = { files: { "a.py": { ...region, functions: { f: region } } } };
    expect(functionsOf(JSON.stringify(report), "coverage.py")).toEqual([{ name: "f", line: 7, hits: 300_000 }]);
  });

  it("is read in one pass where a name, a number or a file comes again and again", () => {
    const count = 150_000;
    const same = `${"FN:1,f\n".repeat(count)}${times(count, (index) => `FNDA:${index},f\n`)}`;
    expect(functionsOf(lcov(same), "lcov").map(({ hits }) => hits)).toEqual(numbers(count, 0));
    const numbered = `${times(count, (index) => `FNL:${index},1\n`)}${times(count, (index) => `FNA:${index},${index},f\n`)}`;
    expect(functionsOf(lcov(numbered), "lcov").map(({ hits }) => hits)).toEqual(numbers(count, 0));
    const sections = times(count, (index) => lcov(`FN:${index % 50_000},f\nFNDA:1,f\n`));
    expect(functionsOf(sections, "lcov")).toEqual(numbers(50_000, 0).map((line) => ({ name: "f", line, hits: 3 })));
  });

  it("is refused where its blocks span more lines than there are", () => {
    const block = "m/a.go:1.1,100000.1 1 1\n";
    expect(refusal(`mode: set\n${block.repeat(51)}`, "go")).toBe("the blocks span more than 5000000 lines");
  });

  it("is refused where a block is at lines beyond what numbers tell apart", () => {
    for (const line of ["9007199254740992", "9".repeat(400)])
      expect(refusal(`mode: set\nm/a.go:${line}.1,${line}.1 1 1\n`, "go")).toMatch(/^line 2: cannot read/);
  });

  it("is refused where a count is more than a number holds", () => {
    expect(refusal(lcov("DA:1,1e+309\n"), "lcov")).toContain("cannot read 'DA:1,1e+309'");
    expect(refusal('{"files":[{"file":"a.c","lines":[{"line_number":1,"count":1e309}]}]}', "gcov")).toContain("count");
  });

  it("is refused where a count is less than nothing", () => {
    expect(refusal('{"files":[{"file":"a.c","lines":[{"line_number":1,"count":-1}]}]}', "gcov")).toContain("count");
    const map = '{"0":{"start":{"line":1}}}';
    expect(refusal(`{"a.js":{"statementMap":${map},"s":{"0":-1},"fnMap":{},"f":{}}}`, "istanbul")).toMatch(
      /^a\.js\.s\.0/,
    );
  });

  it("is refused where it holds more groups than any build has", () => {
    const groups = times(100_001, (index) => `<group name="g${index}"/>`);
    expect(refusal(`<report name="r">${groups}</report>`, "jacoco")).toBe("the report holds more than 100000 groups");
  });

  it("is not quoted at length", () => {
    const name = "n".repeat(1_000_000);
    expect(refusal(`{"${name}":1}`, "istanbul").length).toBeLessThan(500);
    const read = readCoverage(`SF:${name}\nend_of_record\n`, "lcov");
    const placed = read.ok ? placeReport(read.value, { root: "/r", files: ["a.js"] }) : read;
    expect(placed.ok ? "" : placed.error).toMatch(/about other sources$/);
    expect(placed.ok ? name : placed.error).not.toContain("n".repeat(500));
  });
});

describe("the files of a hostile report", () => {
  const files = ["a.go", "src/b.go"];

  it("are found where a name has more folders than the tree", () => {
    const read = readCoverage(`mode: set\n${"m/".repeat(30_000)}src/b.go:1.1,2.1 1 1\n`, "go");
    const placed = read.ok ? placeReport(read.value, { root: "/r", files }) : read;
    expect(placed.ok ? [...placed.value.files.keys()] : placed.error).toEqual(["src/b.go"]);
  });

  it("are found in one pass where their names end as thousands of files do", () => {
    const named = times(100_000, (index) => `<sourcefile name="p${index}/A.java"/>`);
    const read = readCoverage(`<report name="r"><package>${named}</package></report>`, "jacoco");
    const alike = numbers(20_000, 0).map((index) => `q${index}/A.java`);
    const placed = read.ok ? placeReport(read.value, { root: "/r", files: alike }) : read;
    expect(placed.ok ? "placed" : placed.error).toMatch(/about other sources$/);
  });

  it("are judged in one pass where there are tens of thousands of functions, records and both on one line", () => {
    const count = 20_000;
    const records = numbers(count, 0).map((index) => ({ name: `f${index}`, line: 9_000_000 + index, hits: 1 }));
    const all = numbers(count, 1).map((line) => functionAt(line, line + 1));
    const lines = new Map([[2, 1]]);
    const far = hitLookup(all, { lines, functions: records });
    expect(all.filter((one) => isHit(one, far))).toEqual([all[0]]);
    const together = all.map((one) => ({ ...one, line: 1, end_line: 1 }));
    const more = [...records, ...records].map((record) => ({ ...record, line: 1 }));
    const near = hitLookup(together, { lines, functions: more });
    expect(together.filter((one) => !isHit(one, near))).toEqual([]);
  });

  it("are not looked for in thousands of folders each", () => {
    const sources = times(2_000, (index) => `<source>s${index}</source>`);
    const classes = times(2_000, (index) => `<class filename="c${index}.py"/>`);
    const text = `<coverage><sources>${sources}</sources><packages><package><classes>${classes}</classes></package></packages></coverage>`;
    const read = readCoverage(text, "cobertura");
    const placed = read.ok ? placeReport(read.value, { root: "/r", files }) : read;
    expect(placed.ok ? "placed" : placed.error).toBe("the report names 2000 folders for 2000 files");
  });
});
