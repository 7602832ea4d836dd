import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { MAX_PARSE_MS } from "../../../src/kernel/bounds.js";
import { judgeChange } from "../../../src/measure/judge-change.js";
import { readFacts } from "../../../src/measure/power-of-ten/analysis.js";
import { linkFiles } from "../../../src/measure/power-of-ten/call-graph/link.js";
import { measureFigures } from "../../../src/measure/source.js";
import { loadGrammars } from "../../../src/measure/tree/grammar.js";

const CHARS = 1_000_000;
const long = (part: string): string => part.repeat(Math.ceil(CHARS / part.length));
const c = (body: string): string => `int f(int a)\n{\n${body}\nreturn a;\n}\n`;
const script = (body: string): string => `export function f(a) {\n${body}\nreturn a;\n}\n`;

/** Names of the functions whose rules were all judged, of a file whose comments switch nothing off. */
function judged(path: string, text: string): string[] {
  const [linked] = linkFiles([readFacts({ path, text })]);
  expect(linked?.measure.suppressions).toEqual([]);
  return linked?.measure.functions.map(({ name }) => name) ?? [];
}

beforeAll(() => loadGrammars(["c", "go", "java", "python"], "grammars"));
afterEach(() => void vi.restoreAllMocks());

/** What tries a text from each of its characters to its end takes hours: each of these was tried so. */
describe("a text of a million characters is judged where it is", () => {
  it.each([
    ["the blanks of a comment", "a.c", `/* pragma${long(" ")}ignore */\n${c("")}`],
    ["a word that asserts again and again", "a.js", script(`N${long("_assert")}$(1);`)],
    ["a word that panics again and again", "a.js", script(`${long("_panic")}$(1);`)],
    ["a word for a schema of schemas", "a.js", script(`${long("Schema")}(1);`)],
    ["a loop again and again in a macro", "a.c", `#define M ${long("for(0")}\n${c("")}`],
    ["the blanks of a macro's value", "a.c", `#define M *${long("\t")}\\\n 1\n${c("")}`],
    ["the quotes of a macro's value", "a.c", `#define M ${long('/\\"\\')}\n${c("")}`],
  ])("%s", (_, path, text) => {
    expect(judged(path, text)).toHaveLength(1);
  });

  it("the type of what a method is called on", () => {
    expect(judged("a.go", `package a\nfunc (${long("a")} T) f() {}\nfunc (a T${long(" ")}) g() {}\n`)).toEqual([
      "f",
      "g",
    ]);
    const cut = measureFigures("a.go", `package a\nfunc (${long("a")}${long(" ")}]) f() {}\n`);
    expect(cut.parse).toBe("partial");
  });

  it.each(["a.c", "a.py"])("the carriage returns of %s", (path) => {
    const { errors } = measureFigures(path, `${long("\r")}x\n`);
    expect(errors.map(({ message }) => message)).toContain(
      "a carriage return without a line feed ends a line for the compiler",
    );
  });
});

const numbered = (count: number, part: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => part(at)).join("\n");

/** What compares each with each other takes minutes for these. */
describe("a text of many functions, calls or names is judged in time that grows as it does", () => {
  it.each([
    [
      "methods that run without a call",
      "a.ts",
      8_000,
      (at: number) => `class C${at} { toString() { return "" + this; } }`,
    ],
    [
      "constructors that call what they extend",
      "a.ts",
      12_000,
      (at: number) => `class C${at} extends D { constructor() { super(); } }`,
    ],
    [
      "lists that are spread, beside a stream",
      "a.ts",
      20_000,
      (at: number) => `f(...a${at}); let b${at}: Iterable<string>;`,
    ],
    [
      "methods that others override",
      "A.java",
      6_000,
      (at: number) => `class C${at} extends C0 { void f() { g(); } void g() {} }`,
    ],
    ["calls that are no streams", "A.java", 1, () => `class A { void f() {\n${"g(1);\n".repeat(50_000)}} }`],
    [
      "lists that are gone over",
      "a.go",
      12_000,
      (at: number) => `func f${at}(a []int) { for i := range b${at} { g(i) } }`,
    ],
  ])("%s", { timeout: 60_000 }, (_, path, count, part) => {
    const [linked] = linkFiles([readFacts({ path, text: numbered(count, part) })]);
    expect(linked?.measure.parse).toBe("ok");
  });

  it("comments that switch rules off, and errors: each that is new is told once", () => {
    const limits = { maxComplexity: 8, maxFunctionLines: 60 };
    const change = (path: string, before: string, after: string) =>
      judgeChange({ path, before, after, limits, isTest: false }).length;
    const silenced = (rule: string): string => numbered(3_000, (at) => `# noqa: ${rule}${at}`);
    expect(change("a.py", silenced("E"), `${silenced("E")}\n${silenced("F")}`)).toBe(3_000);
    const broken = (name: string): string => numbered(3_000, (at) => `const ${name}${at};`);
    expect(change("a.ts", broken("a"), `${broken("b")}\n${broken("a")}`)).toBe(6_000);
  });
});

describe("the time a parser takes", () => {
  it("is looked at each time that the parser asks, as some texts make it ask seldom", () => {
    const real = performance.now.bind(performance);
    let aheadMs = 0;
    vi.spyOn(performance, "now").mockImplementation(() => real() + (aheadMs += MAX_PARSE_MS + 1));
    vi.spyOn(process, "cpuUsage").mockReturnValue({ user: MAX_PARSE_MS * 1_000 + 1, system: 0 });
    const { parse, errors } = measureFigures("a.c", "int f(int a) { return a ? 1 : 2; }\n".repeat(50));
    expect(parse).toBe("failed");
    expect(errors.map(({ message }) => message)).toEqual([
      `it could not be parsed within ${MAX_PARSE_MS} ms of processor time`,
    ]);
  });
});
