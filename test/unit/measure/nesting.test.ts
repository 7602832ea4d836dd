import { describe, expect, it } from "vitest";
import { mayNestDeeply } from "../../../src/measure/ecmascript/nesting.js";
import { survivesParsing } from "../../../src/measure/ecmascript/parser-probe.js";
import { measureSource } from "../../../src/measure/source.js";

const MANY = 60_000;
const [PATH, JSX_PATH] = ["a.ts", "a.tsx"];

/** What may nest without end: its name, a text of a given depth, and its file. */
const FORMS: readonly (readonly [string, (depth: number) => string, string])[] = [
  ["brackets", (depth) => `x = ${"(".repeat(depth)}1${")".repeat(depth)}`, PATH],
  ["brackets that stay open", (depth) => `x = ${"(".repeat(depth)}`, PATH],
  ["functions", (depth) => "function f(){".repeat(depth) + "}".repeat(depth), PATH],
  ["classes", (depth) => `x = ${"class { static { x = ".repeat(depth)}1${"} }".repeat(depth)}`, PATH],
  ["arrows", (depth) => `x = ${"a=>".repeat(depth)}1`, PATH],
  ["prefix operators", (depth) => `x = ${"!".repeat(depth)}1`, PATH],
  ["powers", (depth) => `x = 1${"**1".repeat(depth)}`, PATH],
  ["quotients of blank expressions", (depth) => `x = / /${" / / /".repeat(depth)}`, PATH],
  ["quotients of empty objects", (depth) => `x = {}${"/{}".repeat(depth)}`, PATH],
  ["templates for tags", (depth) => `x = a${"``".repeat(depth)}`, PATH],
  ["templates in templates", (depth) => `x = ${"`${".repeat(depth)}1${"}`".repeat(depth)}`, PATH],
  ["ifs", (depth) => `${"if(x)".repeat(depth)};`, PATH],
  ["else ifs", (depth) => `if(x){}${"else if(x){}".repeat(depth)}`, PATH],
  ["elses behind semicolons", (depth) => `${"if(x);else ".repeat(depth)};`, PATH],
  ["conditionals", (depth) => `x = ${"a?b:".repeat(depth)}1`, PATH],
  ["calls", (depth) => `x${"()".repeat(depth)}`, PATH],
  ["type arguments", (depth) => `type X = ${"A<".repeat(depth)}B${">".repeat(depth)}`, PATH],
  ["type arguments behind commas", (depth) => `type X = A${"<B, A".repeat(depth)}${">".repeat(depth)}`, PATH],
  ["conditional types of objects", (depth) => `type X = ${"{} extends A ? B : ".repeat(depth)}C`, PATH],
  ["elements", (depth) => `x = ${"<a>".repeat(depth)}${"</a>".repeat(depth)}`, JSX_PATH],
  ["semicolons in comments", (depth) => `x = ${"a => /*;*/ ".repeat(depth)}1`, PATH],
  ["semicolons in comments of a line", (depth) => `x = ${"a => //;\n".repeat(depth)}1`, PATH],
  ["closing brackets in comments", (depth) => `x = ${"[/*]*/".repeat(depth)}${"]".repeat(depth)}`, PATH],
  ["closing brackets in strings", (depth) => `x = ${"[']',".repeat(depth)}${"]".repeat(depth)}`, PATH],
  ["closing brackets in expressions", (depth) => `x = ${"[/]/,".repeat(depth)}${"]".repeat(depth)}`, PATH],
  ["closing brackets in templates", (depth) => `x = ${"[`]`,".repeat(depth)}${"]".repeat(depth)}`, PATH],
  ["semicolons in strings", (depth) => `x = ${"';' in a => ".repeat(depth)}1`, PATH],
  ["semicolons in the text of elements", (depth) => `x = ${"<a>;".repeat(depth)}`, JSX_PATH],
  ["semicolons in elements behind a head", (depth) => `if (x) ${"<a>;".repeat(depth)}`, "a.js"],
  ["semicolons in elements behind a line", (depth) => `break a\n${"<a>;".repeat(depth)}`, "a.js"],
  ["a quote in an element", (depth) => `x = <a>'{${"(".repeat(depth)}}'</a>`, JSX_PATH],
  ["a quote in an expression", (depth) => `x = /"/; y = /[/"]/; z = ${"[".repeat(depth)}; "`, PATH],
  ["a quote in an expression behind a head", (depth) => `if (a) /"/; x = ${"[".repeat(depth)}; /"/`, PATH],
];

/** The deepest text of a form that is not tried in another process first. */
function deepestSure(text: (depth: number) => string, path: string): string {
  let [sure, unsure] = [0, MANY];
  while (unsure - sure > 1) {
    const depth = Math.floor((sure + unsure) / 2);
    if (mayNestDeeply(text(depth), path !== PATH)) unsure = depth;
    else sure = depth;
  }
  return text(sure);
}

describe("text that nests without end", () => {
  it.each(FORMS)("does not end the process: %s", (_, text, path) => {
    expect(mayNestDeeply(text(MANY), path !== PATH)).toBe(true);
    expect(measureSource(path, text(MANY)).parse).not.toBe("ok");
  });

  it.each(FORMS)("is parsed with half the stack where it is sure to be shallow: %s", (_, text, path) => {
    const lang = path === PATH ? "ts" : "tsx";
    expect(survivesParsing(path, deepestSure(text, path), [{ lang }])).toBe(true);
  });

  it("is measured where a parser in another process gets through it", () => {
    const nested = (depth: number): string => `x = ${"[".repeat(depth)}${"]".repeat(depth)};`;
    expect(measureSource("a.js", nested(900)).parse).toBe("ok");
    expect(mayNestDeeply(nested(1_200), true)).toBe(true);
    expect(measureSource("a.js", nested(1_200)).parse).toBe("ok");
    const failed = { parse: "failed", errors: [{ message: "nested too deeply to be parsed safely" }] };
    expect(measureSource("a.js", nested(200_000))).toMatchObject(failed);
  });

  it("has no figures where it can be parsed and is too deep to be looked at", () => {
    for (const depth of [6_000, 12_000, 16_000])
      expect(() => measureSource(PATH, `x = 1${"+1".repeat(depth)}`)).not.toThrow();
  });
});

describe("where an element may begin", () => {
  const isSure = (before: string, hasJsx: boolean): boolean =>
    !mayNestDeeply(`${before}< a;${"b;".repeat(6_000)}`, hasJsx);

  it.each([
    "x = ",
    "return ",
    "do ",
    "else ",
    "break a\n",
    "import 'a'\n",
    "a /*\n*/ ",
    "if (a) ",
    "for await (a of b) ",
    "{} ",
    "a = () => ",
  ])("nothing is sure of what follows: %j", (before) => {
    expect(isSure(before, true)).toBe(false);
    expect(isSure(before, false)).toBe(true);
  });

  it.each(["x = a ", "f(a) ", "a[0] ", "'a' ", "`a` ", "x.é "])("is not behind an operand: %j", (before) => {
    expect(isSure(before, true)).toBe(true);
  });
});

describe("what is looked at before a text is parsed", () => {
  it("are a thousand open brackets or five thousand tokens, each counted once", () => {
    expect(mayNestDeeply("[".repeat(999), false)).toBe(false);
    expect(mayNestDeeply("[".repeat(1_000), false)).toBe(true);
    expect(mayNestDeeply("!".repeat(5_000), false)).toBe(false);
    expect(mayNestDeeply("!".repeat(5_001), false)).toBe(true);
    for (const before of ["", " "])
      for (const token of ["a ", "ab ", "abc ", "é ", "a\n\n"]) {
        expect(mayNestDeeply(before + token.repeat(5_000), false)).toBe(false);
        expect(mayNestDeeply(before + token.repeat(5_001), false)).toBe(true);
      }
  });

  it("are all tokens, in pieces of any length", () => {
    for (let length = 2 ** 14; length <= 2 ** 18; length *= 2)
      for (const tokens of [length - 1, length, length + 1])
        expect(mayNestDeeply("!".repeat(tokens), false)).toBe(true);
    const apart = `[${"\n".repeat(1_000)}`;
    expect(mayNestDeeply(apart.repeat(999), false)).toBe(false);
    expect(mayNestDeeply(apart.repeat(1_000), false)).toBe(true);
  });

  it.each([
    ["functions", "function f(a) { return a ? g(a, 1) : [a, { b: a }]; }\n".repeat(40_000)],
    ["a comment", `/* ${"if (a) { b => c ".repeat(40_000)} */ export const a = 1;\n`],
    ["lines of comments", `${"// (see [a] for b: c => d <e>\n".repeat(20_000)}export const a = 1;\n`],
    ["a string", `export const a = "${"AB+/[{(".repeat(40_000)}";\n`],
    ["a template", `export const a = \`${"if (a) [ {\n".repeat(40_000)}\`;\n`],
    ["a table", `export const a = [${"1, -2, [3],\n".repeat(20_000)}];\n`],
    ["a script for the shell", `#!/usr/bin/env 'node\n${"a(b);\n".repeat(2_000)}`],
    ["expressions in a table", `export const a = [${"/b'[/]/g,\n".repeat(20_000)}];\n`],
    ["comparisons", "if (a < b) c = d(e) < f[0] && 'g' < h;\n".repeat(2_000)],
    ["texts in a table", `export const a = {${"'b c': `d ${e} f`,\n".repeat(20_000)}};\n`],
  ])("are not those of what is merely long, which no other process is asked about: %s", (_, text) => {
    expect(mayNestDeeply(text, true)).toBe(false);
    expect(measureSource("a.js", text).parse).toBe("ok");
  });

  it.each([
    ["a template", `a = \`${"\\n$".repeat(7_000_000)}\`;`],
    ["an expression", `a = /${"[a\\]]\\/".repeat(3_000_000)}/;`],
  ])("are told of %s of any length", (_, text) => {
    expect(mayNestDeeply(`${text}${"b;".repeat(6_000)}`, false)).toBe(true);
  });

  it.each([
    ["statements end with their lines", "b = c(d)\ne(f)\n".repeat(1_100)],
    ["a loop may belong to the block before", "while (a) { b(); }\n".repeat(5_000)],
  ])("is told by trying where %s", (_, text) => {
    expect(mayNestDeeply(text, true)).toBe(true);
    expect(measureSource("a.js", text).parse).toBe("ok");
  });
});
