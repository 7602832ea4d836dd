import { beforeAll, describe, expect, it } from "vitest";
import { judgeDeep } from "../../../../src/measure/power-of-ten/deep-judge.js";
import {
  absoluteOf,
  DEEP_TOOLS,
  type DeepFinding,
  type DeepTool,
  readDeepRun,
} from "../../../../src/measure/power-of-ten/deep-tool.js";
import { loadGrammars } from "../../../../src/measure/tree/grammar.js";

beforeAll(() => loadGrammars(["c"], "grammars"));

const tool = (program: string): DeepTool => {
  const found = DEEP_TOOLS.find((each) => each.program === program);
  if (found === undefined) throw new Error(`no ${program}`);
  return found;
};
const asked = { root: "/w", files: ["src/a.c", "b.c"] };
const short = (found: readonly DeepFinding[]): string[] =>
  found.map(({ file, line, rule, verdict }) => `${file}:${line} ${rule} ${verdict}`);
const tidy = (stdout: string, exit_code: number | null = 0): string[] =>
  short(readDeepRun(tool("clang-tidy"), { exit_code, stdout, stderr: "" }, asked));
const cppcheck = (stderr: string, exit_code: number | null = 0): string[] =>
  short(readDeepRun(tool("cppcheck"), { exit_code, stdout: "", stderr }, asked));

describe("a deeper check's output", () => {
  it("is read as findings of the rules", () => {
    const lines = [
      "/w/src/a.c:3:20: warning: unused variable 'u' [clang-diagnostic-unused-variable]",
      "int u;",
      "/w/src/a.c:3:28: note: array 'p' declared here",
      "/w/b.c:4:1: warning: this loop is infinite [bugprone-infinite-loop]",
      "/w/b.c:5:1: warning: the value returned should be used [cert-err33-c]",
      "/w/b.c:6:1: warning: function 'f' is within a recursive call chain [misc-no-recursion]",
      "/usr/include/x.h:9:1: warning: of no interest [clang-diagnostic-unused-variable]",
    ];
    expect(tidy(lines.join("\n"))).toEqual([
      "src/a.c:3 p10-10-warnings fail",
      "b.c:4 p10-2-loop-bound fail",
      "b.c:5 p10-7-return fail",
      "b.c:6 p10-1-recursion fail",
    ]);
    expect(cppcheck("/w/b.c\t4\tuninitvar\tUninitialized variable: n\n")).toEqual(["b.c:4 p10-10-warnings fail"]);
  });

  it.each([
    [
      "of a header that is not there",
      "/w/b.c:3:10: error: 'n.h' file not found [clang-diagnostic-error]",
      1,
      ["b.c:3"],
    ],
    ["that is nothing but an exit code", "", 1, ["src/a.c:1", "b.c:1"]],
    ["of a program that is not there", "", 127, ["src/a.c:1", "b.c:1"]],
    ["of a program that was stopped", "", null, ["src/a.c:1", "b.c:1"]],
    ["that was too long to keep", "x\n[12 bytes left out]\ny", 0, ["src/a.c:1", "b.c:1"]],
  ])("%s is unknown, never nothing", (_, output, code, places) => {
    expect(tidy(output, code)).toEqual(places.map((place) => `${place} p10-10-warnings unknown`));
  });

  it("is nothing where the program ran to its end and found nothing", () => {
    expect(tidy("")).toEqual([]);
    expect(cppcheck("/w/b.c\t2\tsyntaxError\tcode is too hard\n")).toEqual(["b.c:2 p10-10-warnings unknown"]);
    expect(short(readDeepRun(tool("cppcheck"), undefined, asked))).toHaveLength(2);
  });

  it("is asked of absolute paths, so that no name is taken for an option, and of no configuration", () => {
    expect(absoluteOf("-rf.c", "/w")).toBe("/w/-rf.c");
    const args = tool("clang-tidy").args(["/w/a.c"], "/w");
    expect(args.some((each) => each.startsWith("--config={"))).toBe(true);
    expect(args).toContain("--");
  });
});

describe("a change looked at deeper", () => {
  const before = "int f(void)\n{\n  int u;\n  return 1;\n}\n";
  const after = "int f(void)\n{\n  int u;\n  int v;\n  return 1;\n}\n";
  const at = (line: number, verdict: "fail" | "unknown" = "fail"): DeepFinding => ({
    file: "a.c",
    rule: "p10-10-warnings",
    line,
    verdict,
    message: "unused",
  });

  it("is refused for what fails on a line it changed, and warned of the rest", () => {
    const judged = judgeDeep([at(3), at(4), at(1, "unknown")], [{ path: "a.c", before, after }]);
    expect(judged.map(({ line, blocks, function: name }) => [line, blocks, name])).toEqual([
      [4, true, "f"],
      [1, false, "f"],
    ]);
    expect(judgeDeep([at(3)], [{ path: "b.c", before: null, after }])).toEqual([]);
  });
});
