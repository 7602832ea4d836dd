import { describe, expect, it } from "vitest";
import { type CoverageFormat, readCoverage } from "../../../../src/measure/report/coverage.js";
import type { FunctionRecord } from "../../../../src/measure/report/coverage-report.js";

interface Read {
  [path: string]: { lines: [number, number][]; functions: [string, number, number][] };
}
function read(text: string, format: CoverageFormat): Read | string {
  const result = readCoverage(text, format);
  if (!result.ok) return result.error;
  const entries = [...result.value.files].map(([path, { lines, functions }]) => [
    path,
    { lines: [...lines], functions: functions.map(({ name, line, hits }: FunctionRecord) => [name, line, hits]) },
  ]);
  return Object.fromEntries(entries) as Read;
}

describe("an lcov report", () => {
  it("gives lines and functions", () => {
    const text =
      "TN:\nSF:src/a.js\nFN:1,f\nFN:4,g\nFNF:2\nFNH:1\nFNDA:3,f\nFNDA:0,g\nDA:2,3\nDA:5,0\nLF:2\nLH:1\nBRDA:1,0,0,-\nend_of_record\n";
    expect(read(text, "lcov")).toEqual({
      "src/a.js": {
        lines: [
          [2, 3],
          [5, 0],
        ],
        functions: [
          ["f", 1, 3],
          ["g", 4, 0],
        ],
      },
    });
  });

  it("pairs functions of one name in order, and counts a function without hits as not run", () => {
    const text = "SF:a.js\r\nFN:1,f\r\nFN:9,f\r\nFN:12,g\r\nFNDA:0,f\r\nFNDA:2,f\r\nend_of_record\r\n";
    expect(read(text, "lcov")).toMatchObject({
      "a.js": {
        functions: [
          ["f", 1, 0],
          ["f", 9, 2],
          ["g", 12, 0],
        ],
      },
    });
  });

  it("is read with end lines, indexed functions, names with commas and large or negative counts", () => {
    const text =
      "SF:a.cc\nFN:1,3,f(int, int)\nFNDA:2,f(int, int)\nFNL:0,7,9\nFNA:0,4,g\nFN:11,h,i\nFNDA:1,h,i\nDA:1,-1\nDA:2,1.5e+10\nDA:3,1,checksum\nend_of_record\n";
    expect(read(text, "lcov")).toEqual({
      "a.cc": {
        lines: [
          [1, 0],
          [2, 1.5e10],
          [3, 1],
        ],
        functions: [
          ["f(int, int)", 1, 2],
          ["g", 7, 4],
          ["h,i", 11, 1],
        ],
      },
    });
  });

  it("adds up a file that comes twice", () => {
    const text =
      "SF:a.js\nFN:1,f\nFNDA:2,f\nDA:2,0\nDA:2,1\nend_of_record\nSF:a.js\nFN:1,f\nFNDA:1,f\nDA:2,3\nDA:4,0\nend_of_record\n";
    expect(read(text, "lcov")).toEqual({
      "a.js": {
        lines: [
          [2, 4],
          [4, 0],
        ],
        functions: [["f", 1, 3]],
      },
    });
  });

  it("leaves out functions the engine made up", () => {
    expect(
      read("SF:a.js\nFN:1,<instance_members_initializer>\nFN:1,<static_initializer>\nend_of_record\n", "lcov"),
    ).toEqual({
      "a.js": { lines: [], functions: [] },
    });
  });

  it.each([
    ["", "the report holds no file"],
    ["garbage\n", "the report holds no file"],
    ["DA:1,1\n", "line 1: cannot read 'DA:1,1'"],
    ["end_of_record\n", "line 1: cannot read 'end_of_record'"],
    ["SF:\n", "line 1: cannot read 'SF:'"],
    ["SF:a\nSF:b\n", "line 2: cannot read 'SF:b'"],
    ["SF:a\nDA:x,1\n", "line 2: cannot read 'DA:x,1'"],
    ["SF:a\nDA:1\n", "line 2: cannot read 'DA:1'"],
    ["SF:a\nDA:1,NaN\n", "line 2: cannot read 'DA:1,NaN'"],
    ["SF:a\nDA:1.5,1\n", "line 2: cannot read 'DA:1.5,1'"],
    ["SF:a\nFN:1\n", "line 2: cannot read 'FN:1'"],
    ["SF:a\nFNDA:1\n", "line 2: cannot read 'FNDA:1'"],
    ["SF:a\nFNDA:,f\n", "line 2: cannot read 'FNDA:,f'"],
    ["SF:a\nFNL:0,x\n", "line 2: cannot read 'FNL:0,x'"],
    ["SF:a\nFNA:9,1,f\n", "line 2: cannot read 'FNA:9,1,f'"],
    ["SF:a\nDA:1,1\n", "the report ends in the middle of a file"],
  ])("%j is refused", (text, error) => {
    expect(read(text, "lcov")).toBe(error);
  });
});

describe("an Istanbul report", () => {
  const at = (line: number): { start: { line: number; column: number } } => ({ start: { line, column: 0 } });
  const file = {
    path: "/repo/a.js",
    statementMap: { "0": at(1), "1": at(1), "2": at(3) },
    s: { "0": 2, "1": 0, "2": 0 },
    fnMap: { "0": { name: "f", decl: at(1), loc: at(1) }, "1": { name: "g", decl: at(3), loc: at(3) } },
    f: { "0": 2 },
    branchMap: {},
    b: {},
  };

  it("gives lines by the most hit statement on them", () => {
    expect(read(JSON.stringify({ "/repo/a.js": file }), "istanbul")).toEqual({
      "/repo/a.js": {
        lines: [
          [1, 2],
          [3, 0],
        ],
        functions: [
          ["f", 1, 2],
          ["g", 3, 0],
        ],
      },
    });
    expect(
      read(JSON.stringify({ "b.js": { ...file, path: undefined, statementMap: {}, fnMap: {} } }), "istanbul"),
    ).toHaveProperty(["b.js"]);
  });

  it.each([
    ["{", "the report is not JSON"],
    ["{}", "the report holds no file"],
    ['{"a.js":{}}', /^a\.js\.statementMap: /],
    ['{"a.js":{"statementMap":{"0":{"start":{"line":-1}}},"s":{},"fnMap":{},"f":{}}}', /line: /],
    ["[]", /expected record/],
  ])("%s is refused", (text, error) => {
    expect(read(text, "istanbul")).toEqual(error instanceof RegExp ? expect.stringMatching(error) : error);
  });
});

describe("a coverage.py report", () => {
  it("gives lines, and functions where the tool knows them", () => {
    const text = JSON.stringify({
      meta: { version: "7.6.1" },
      files: {
        "a.py": {
          executed_lines: [1, 4],
          missing_lines: [2],
          excluded_lines: [9],
          functions: {
            f: { executed_lines: [], missing_lines: [2] },
            "A.g": { executed_lines: [4], missing_lines: [], start_line: 3 },
            h: { executed_lines: [], missing_lines: [] },
            "": { executed_lines: [1], missing_lines: [] },
          },
        },
        "b.py": { executed_lines: [1], missing_lines: [] },
      },
      totals: {},
    });
    expect(read(text, "coverage.py")).toEqual({
      "a.py": {
        lines: [
          [2, 0],
          [1, 1],
          [4, 1],
        ],
        functions: [
          ["f", 2, 0],
          ["A.g", 3, 1],
        ],
      },
      "b.py": { lines: [[1, 1]], functions: [] },
    });
  });

  it("without files is refused", () => expect(read('{"meta":{}}', "coverage.py")).toMatch(/^files: /));
});

describe("a gcov or gcovr report", () => {
  it("gives lines and functions, template instances joined", () => {
    const gcov = {
      files: [
        {
          file: "a.cc",
          lines: [
            { line_number: 2, count: 3, unexecuted_block: false, branches: [] },
            { line_number: 3, count: 0 },
          ],
          functions: [
            { name: "_Z1fIiEvv", demangled_name: "f<int>()", start_line: 1, end_line: 4, execution_count: 0 },
            { name: "_Z1fIcEvv", start_line: 1, end_line: 4, execution_count: 3 },
          ],
        },
      ],
    };
    expect(read(JSON.stringify(gcov), "gcov")).toEqual({
      "a.cc": {
        lines: [
          [2, 3],
          [3, 0],
        ],
        functions: [["", 1, 3]],
      },
    });
  });

  it("leaves out lines that are no code or excluded", () => {
    const gcovr = {
      files: [
        {
          file: "a.c",
          lines: [
            { line_number: 1, count: 0, "gcovr/noncode": true },
            { line_number: 2, count: 0, "gcovr/excluded": true },
            { line_number: 3, count: 1 },
          ],
          functions: [{ demangled_name: "f", lineno: 3, execution_count: 1 }],
        },
        { file: "b.c", lines: [] },
      ],
    };
    expect(read(JSON.stringify(gcovr), "gcovr")).toEqual({
      "a.c": { lines: [[3, 1]], functions: [["", 3, 1]] },
      "b.c": { lines: [], functions: [] },
    });
  });

  it("with a function without a line is refused", () => {
    const text = '{"files":[{"file":"a.c","lines":[],"functions":[{"name":"f","execution_count":1}]}]}';
    expect(read(text, "gcov")).toMatch(/a function without a line/);
  });
});

describe("a Go cover profile", () => {
  it("gives the lines of its blocks", () => {
    const text = "mode: set\nexample.com/m/a.go:3.20,5.2 2 1\nexample.com/m/a.go:5.2,6.3 1 0\n\n";
    expect(read(text, "go")).toEqual({
      "example.com/m/a.go": {
        lines: [
          [3, 1],
          [4, 1],
          [5, 1],
          [6, 0],
        ],
        functions: [],
      },
    });
  });

  it.each([
    ["", "the report does not start with its mode"],
    ["mode: odd\n", "the report does not start with its mode"],
    ["mode: set\n", "the report holds no file"],
    ["mode: set\na.go:1,2 1 1\n", "line 2: cannot read 'a.go:1,2 1 1'"],
    ["mode: set\na.go:1.1,999999999.1 1 1\n", "line 2: cannot read 'a.go:1.1,999999999.1 1 1'"],
  ])("%j is refused", (text, error) => {
    expect(read(text, "go")).toBe(error);
  });
});
