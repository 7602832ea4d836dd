import { beforeAll, describe, expect, it } from "vitest";
import { readFacts } from "../../../../src/measure/power-of-ten/analysis.js";
import { linkFiles } from "../../../../src/measure/power-of-ten/call-graph/link.js";
import { loadGrammars } from "../../../../src/measure/tree/grammar.js";

/** Findings of C in their order, each with the function it is of; of the file those that stand in none. */
function findings(text: string): string[] {
  const [linked] = linkFiles([readFacts({ path: "a.c", text })]);
  const inside = linked?.measure.functions.flatMap(({ name, findings: own }) =>
    own.map(({ rule, verdict, message }) => `${name} ${rule} ${verdict}: ${message}`),
  );
  return [...(inside ?? []), ...(linked?.findings ?? []).map(({ rule, message }) => `${rule}: ${message}`)];
}

const some = (count: number, write: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => write(at)).join("");

const found = (text: string, part: string): number => findings(text).filter((each) => each.includes(part)).length;

beforeAll(async () => {
  await loadGrammars(["c"], "grammars");
});

/** What takes as long as its length squared does not end here: each of these did not, or took the heap. */
describe("a file that is large in one way", () => {
  it("of variables, each of them set or not, is told of each", () => {
    const text = `${some(30_000, (at) => `int g${at};\n`)}void f(void) {${some(15_000, (at) => `g${at} = 1;\n`)}}\n`;
    const all = findings(text);
    expect(all.filter((each) => each.startsWith("f p10-6-scope fail: sets the global variable g"))).toHaveLength(
      15_000,
    );
    expect(all.filter((each) => each.startsWith("p10-6-scope: mutable global variable g"))).toHaveLength(15_000);
  });

  it("of functions of one name that call it is told that each may call itself", () => {
    const text = some(8_000, (at) => `int f(int a) {\nreturn f(${at});\n}\n`);
    expect(found(text, "f p10-1-recursion")).toBe(8_000);
  });

  it("of jumps back is judged jump by jump, and what there is no time for is unknown", () => {
    const far = `void f(int n) {\na: n--;\n${some(10_000, () => "if (n) goto a;\n")}}\n`;
    expect(found(far, "f p10-1-jump fail: jumps by goto")).toBe(10_000);
    expect(found(far, "loop made of jumps whose bound cannot be told")).toBeGreaterThan(5_000);
    const deep = `void f(int n) {\na: n--;\n${"{".repeat(3_000)}${some(3_000, () => "goto a;\n")}${"}".repeat(3_000)}}\n`;
    expect(found(deep, "loop made of jumps")).toBe(3_000);
  });

  it("of loops in loops that a case leads into is told of each", () => {
    const text = `void f(int n) { switch (n) {${"while (n) { case 1:".repeat(3_000)}${"}".repeat(3_000)}}}\n`;
    expect(found(text, "jumps into a loop by a case")).toBe(3_000);
  });

  it("of calls through a pointer is told of each line", () => {
    const text = `void f(int (*p)(int)) {\n${some(30_000, () => "p(1);\n")}}\n`;
    expect(found(text, "calls through a pointer: p")).toBe(30_000);
  });

  it("of one macro defined again and again does what any of them does", () => {
    const text = `${some(40_000, (at) => `#define A g${at}()\n`)}void g39999(void) {\nA;\n}\n`;
    expect(found(text, "g39999 p10-1-recursion")).toBe(1);
  });

  it("of words that are volatile knows each of them", () => {
    const text = `${"volatile ".repeat(30_000)}int x;\nvoid f(int n) {\n${some(3_000, () => "while (x < n) x++;\n")}}\n`;
    expect(found(text, "f p10-2-loop-bound unknown: loop whose bound cannot be told")).toBe(3_000);
  });
});
