import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { judgeCoverage } from "../../../../src/measure/report/coverage.js";
import { loadGrammars } from "../../../../src/measure/tree/grammar.js";

const GRAMMARS = fileURLToPath(new URL("../../../../grammars", import.meta.url));
beforeAll(() => loadGrammars(["c", "go", "python"], GRAMMARS));

/** What a report refuses in which each of the file's lines was run, and which has no record of a function. */
function refusalsOf(path: string, after: string, before: string | null = null): string[] {
  const lines = new Map(after.split(/\r\n|[\n\r\u2028\u2029]/).map((_, index) => [index + 1, 1]));
  const report = { files: new Map([[path, { lines, functions: [] }]]), unclear: new Set<string>() };
  const input = { report, changed: [{ path, before, after }], min: 0.95, maxUntested: 0, baseTotal: null };
  return judgeCoverage(input).denials.map(({ message }) => message);
}

const PYTHON = "def f():\n    return 1\n";
const SCRIPT = "export function f() {\n  return 1;\n}\n";
const C = "int f(void) {\n  return 1;\n}\n";
const GO = "package a\n\nfunc f() int {\n\treturn 1\n}\n";

describe("figures of lines that a tool may count otherwise", () => {
  it.each([
    ["U+2028 in Python", "a.py", `# one\u2028two\n${PYTHON}`],
    ["U+2029 in C", "a.c", `// one\u2029two\n${C}`],
    ["a lone carriage return in Go", "a.go", `// one\rtwo\n${GO}`],
    ["U+2028 in JavaScript", "a.js", `// one\u2028two\n${SCRIPT}`],
  ])("count for nothing: %s", (_, path, text) => {
    expect(refusalsOf(path, text)[0]).toContain("it has a line end that not all tools count");
  });

  it("count where the lines end in a carriage return and a line feed", () => {
    expect(refusalsOf("a.js", SCRIPT.replaceAll("\n", "\r\n"))).toEqual([]);
  });
});

describe("figures of a file that says its lines are others", () => {
  it.each([
    ["a source map within", "a.js", `${SCRIPT}//# sourceMappingURL=data:application/json;base64,e30=\n`],
    ["a source map beside it", "a.ts", `${SCRIPT}//# sourceMappingURL=a.map\n`],
    ["a source map by the old sign", "a.mjs", `${SCRIPT}/*@ sourceMappingURL=a.map */\n`],
    ["a source map whose name looks like a placeholder", "a.ts", `${SCRIPT}//# sourceMappingURL=\${a}.map\n`],
    ["a source map whose name begins as a group does", "a.ts", `${SCRIPT}/*# sourceMappingURL=(a).map */ \n`],
    ["another file's name", "a.js", `${SCRIPT}//# sourceURL=b.js\n`],
    ["a source map in a string", "a.js", `${SCRIPT}export const s = "//# sourceMappingURL=data:,{}";\n`],
    ["a line of C", "a.c", `#line 7 "b.c"\n${C}`],
    ["a line of C without the word", "a.c", ` # 7 "b.c"\n${C}`],
    ["a line of C behind a comment and a digraph", "a.c", `%: /* */ line 7\n${C}`],
    ["a line of C behind what ends a comment", "a.c", `/*\n*/ /* */ # line 7\n${C}`],
    ["a line of C in pieces", "a.c", `#\\\nli\\ \nne 7\n??=??/\nline 9\n${C}`],
    ["a line of C behind more comments than can be tried in all ways", "a.c", `#${"/**/".repeat(10_000)}x\n${C}`],
    ["a line of Go", "a.go", `${GO}//line b.go:7\n`],
    ["a line of Go within a line", "a.go", `${GO}/*line b.go:7:1*/ var x = 1\n`],
  ])("count for nothing: %s", (_, path, text) => {
    expect(refusalsOf(path, text)[0]).toContain("it names other lines for its own");
  });

  it.each([
    ["code that makes source maps", "a.js", `${SCRIPT}export const s = "//# sourceMappingURL=" + f();\n`],
    ["code that makes one in a template", "a.js", `${SCRIPT}export const s = \`//# sourceMappingURL=\${f()}\`;\n`],
    ["code that looks for one", "a.js", `${SCRIPT}export const s = /# sourceMappingURL=(.*)/;\n`],
    ["a macro with numbers", "a.c", `#define LINE 7\n#if 1\n#endif\n${C}`],
    ["a comment with numbers", "a.c", `/*\n # 1. one\n # 2 two\n */\n${C}`],
    ["what begins a thousand names and ends none", "a.js", `${SCRIPT}// ${"//#sourceURL=$".repeat(100_000)}'\n`],
    ["a comment on lines", "a.go", `// line b.go:7\n${GO}`],
    ["the words in another language", "a.py", `# line 7\n${PYTHON}`],
  ])("count all the same for %s", (_, path, text) => {
    expect(refusalsOf(path, text)).toEqual([]);
  });

  it("count for nothing where the file said so before the change: what its map says can be changed", () => {
    const built = `${SCRIPT}//# sourceMappingURL=a.js.map\n`;
    expect(refusalsOf("a.js", built.replace("1", "2"), built)[0]).toContain("it names other lines for its own");
  });
});
