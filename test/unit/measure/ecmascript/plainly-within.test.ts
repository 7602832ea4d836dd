import { beforeAll, describe, expect, it } from "vitest";
import type { ChangeLimits } from "../../../../src/measure/change-limits.js";
import { noteReadAsJson } from "../../../../src/measure/ecmascript/parser-memory.js";
import { isPlainlyWithin } from "../../../../src/measure/ecmascript/plainly-within.js";
import { measureFigures } from "../../../../src/measure/source.js";

const LONG = 1_000;
const NONE: ChangeLimits = { maxComplexity: LONG, maxFunctionLines: LONG };

/** The measures say what is true: the greatest figures of any function, a field's lines left out. */
function figuresOf(path: string, text: string): { complexity: number; lines: number } {
  const { errors, functions } = measureFigures(path, text);
  expect(errors, text).toEqual([]);
  const lines = functions.filter(({ kind }) => kind !== "field").map(({ length }) => length);
  return {
    complexity: Math.max(1, ...functions.map(({ complexity }) => complexity)),
    lines: Math.max(1, ...lines),
  };
}

beforeAll(() => noteReadAsJson(LONG * LONG));

/** Texts of one branch each in the place of `B`, which are in the function around all. */
const BRANCHES: readonly string[] = [
  "if (a) b();",
  "if (a) b(); else c();",
  "for (;;) b();",
  "for (const c in a) b();",
  "for (const c of a) b();",
  "while (a) b();",
  "do b(); while (a);",
  "switch (a) { case 1: default: }",
  "try { a(); } catch { b(); }",
  "try { a(); } catch (e) { b(); }",
  "a && b;",
  "a || b;",
  "a ?? b;",
  "a &&= b;",
  "a ||= b;",
  "a ??= b;",
  "a ? b : c;",
  "a?.b;",
  "a?.[b];",
  "a?.();",
  "a.b?.();",
  "const { c = 1 } = a;",
  "const { c: d = 1 } = a;",
  "const [c = 1] = a;",
  "({ c = 1 } = a);",
  "({ c: d = 1 } = a);",
  "[c = 1] = a;",
  "for ({ c } of a) b();",
  "[...[c = 1]] = a;",
  "[...c[a ? b : d]] = a;",
  "({ ...c[a ? b : d] } = a);",
  "const [...[c = 1]] = a;",
  "const [, ...{ c = 1 }] = a;",
  "class C { #d; e(f) { } static g = 1; [a ? b : c]() {} }",
  "class C { [a ? b : c] = 1; }",
  "a ? b : c; class C { [a ? b : c] = 1; }",
  "a ? b : c; class C { d = a ? b : c; }",
  "class C { static [a ? b : c] = 1; }",
  "class C extends (a ? b : c) {}",
  "class C extends d[a ? b : c] {}",
  "class C extends d?.e {}",
  "class C extends `$" + "{a ? b : c}` {}",
  "({ [a ? b : c]: 1 });",
  "({ [a ? b : c]() {} });",
  "`$" + "{a ? b : c}`;",
  "a`$" + "{a ? b : c}`;",
  "label: if (a) b();",
  "throw a ? b : c;",
  "return a ? b : c;",
  "(0, a ? b : c);",
  "new (a ? b : c)();",
  "import(a ? b : c);",
  "yield_(a ? b : c);",
  "delete a[a ? b : c];",
  "a[a ? b : c] = 1;",
  "a(...(a ? b : c));",
  "with_((a, a ? b : c));",
];
const TYPED: readonly string[] = [
  "class C { d(@(a ? b : c) ...e) {} }",
  "class C { d(@(a ? b : c) e) {} }",
  "class C<D extends E> extends (a ? b : c)<D> {}",
  "(a ? b : c) as D;",
  "(a ? b : c) satisfies D;",
  "(a ? b : c)!;",
  "<D>(a ? b : c);",
  "enum E { a = (b ? 1 : 2) }",
  "class C { accessor [a ? b : c] = 1; }",
  "class C { @(a ? b : c) d = 1; }",
  "class C { @(a ? b : c) d() {} }",
  "@(a ? b : c) class C {}",
  "class C { private e?: string; constructor(private d?: string) {} declare f: string; [a ? b : c] = 1; }",
];
const MARKUP: readonly string[] = [
  "<a b={a ? b : c} />;",
  "<a>{a ? b : c}</a>;",
  "<a {...(a ? b : c)} />;",
  "<>{a && b}</>;",
];

const FUNCTIONS: readonly string[] = [
  "function f(a, b, c, d) { B }",
  "async function f() { B }",
  "export default function () { B }",
  "const f = function () { B };",
  "const f = () => { B };",
  "const f = async (a) => { B };",
  "class A { f() { B } }",
  "class A { static async f() { B } }",
  "class A { get f() { B } set f(a) {} }",
  "class A { #f() { B } }",
  "class A { constructor() { B } }",
  "class A { static { B } }",
  "class A { f = () => { B }; }",
  "class A { f = 1; g() { B } h = 2; }",
  "({ f() { B } });",
  "({ get f() { B } });",
  "({ f: function () { B } });",
  "({ f: () => { B } });",
  "call(() => { B }, () => {});",
  "function g() { function f() { B } }",
  "function g() { return () => { B }; }",
  "function g() { return class { f() { B } }; }",
  "function g() { return class { f = () => { B }; }; }",
  "function g() { return class { static { B } }; }",
  "function g(a = () => { B }) {}",
  "class A { [(() => { B })()] = 1; }",
];

/** Functions that start lines before their own first bracket. */
const LONG_HEADS: readonly string[] = [
  "class A { static\n\n\nf\n\n() { a(); } }",
  "class A {\n@b(\n\n)\nstatic\n\nf() {} }",
  "class A { [\n\na\n\n]() {} }",
  "class A { [\n\na\n\n] = () => {}; }",
  "class A { static\n\nf\n\n= function () {}; }",
  "class A { accessor f\n\n= () => {}; }",
  "class A { get\n\nf\n\n() { return 1; } }",
  "({ [\n\na\n\n]() {} });",
  "({ get\n\na\n\n() { return 1; } });",
  "({ async *\na\n\n() {} });",
  "({ set\n\n[\na](b) {} });",
  "export default\nfunction\n\nf\n\n() {}",
  "const f =\n\nasync (\na,\nb,\n) =>\n\na;",
  "function f() { let a: { [(() => {\n\n\n\n\n\n})()]: 1 }; }",
  "function f() { let a: { [class { b() {\n\n\n\n\n} }.c](): 1 }; }",
  "function f() {\nlet b = a as { [(() => {\n\n\n\n\n\n})()]: 1 };\n}",
  "function f(a: { [(() => {\n\n\n\n\n\n})()]: 1 }) {}",
  "function f() {\na(() => {\n});\nb(function () {\n\n}, 1);\n}",
  "function f() {\na(1, () => {\n\n}).b(() => {\n\n}).c;\n}",
  "function f(\n\na = () => {\n\n\n\n}\n) {}",
  "function f() { return class { a = () => {\n\n\n\n\n}; }; }",
  "function f() { return class { static {\n\n\n\n\n} }; }",
  "function f() {\n/* a */\ng(() => {\n\n\n}, () => {\n\n});\r\n\u2028\u2029\r}",
];

const fails = (text: string): boolean => /\breturn\b/.test(text);
const each = BRANCHES.flatMap((branch) =>
  FUNCTIONS.filter((around) => !(fails(branch) && around.includes("static {"))).map((around) =>
    around.replace("B", branch),
  ),
);

/** At the figures the measures give it a text is plainly within; with one path or one line less it is not. */
function expectBounds(path: string, text: string): void {
  const { complexity, lines } = figuresOf(path, text);
  expect(isPlainlyWithin(path, text, { ...NONE, maxComplexity: complexity - 1 }), text).toBe(false);
  expect(isPlainlyWithin(path, text, { ...NONE, maxFunctionLines: lines - 1 }), text).toBe(false);
}

describe("what is plainly within the limits", () => {
  it("is not so with one path less than any function has, whatever branches where", () => {
    for (const text of each) for (const path of ["a.ts", "a.js", "a.tsx"]) expectBounds(path, text);
    for (const text of TYPED.flatMap((branch) => FUNCTIONS.map((around) => around.replace("B", branch))))
      if (!text.includes("static { class") || !text.includes("arguments")) expectBounds("a.ts", text);
    for (const text of MARKUP.flatMap((branch) => FUNCTIONS.map((around) => around.replace("B", branch))))
      for (const path of ["a.tsx", "a.jsx"]) expectBounds(path, text);
  });

  it("is so at the very figures, but where a class field branches in a function", () => {
    const exact = each.filter((text) => !/class C|\.\.\.[^;]/.test(text));
    for (const text of exact) {
      const { complexity } = figuresOf("a.ts", text);
      expect(isPlainlyWithin("a.ts", text, { ...NONE, maxComplexity: complexity }), text).toBe(true);
    }
    expect(exact.length).toBeGreaterThan(800);
  });

  it("is not so with one line less than any function has, wherever it starts", () => {
    for (const text of LONG_HEADS) expectBounds("a.ts", text);
  });

  it("is not so of what does not parse, or must not be parsed", () => {
    for (const text of [
      "function f() {",
      "let a = ;",
      "let a; }",
      "'",
      "`$" + "{",
      "/*",
      "a = /[/;",
      "<<<<<<< HEAD\n",
      "\\u0069f (a) b();",
    ])
      expect(isPlainlyWithin("a.ts", text, NONE), text).toBe(false);
    for (const deep of ["(", "[", "{", "a=>", "if(a)"])
      expect(isPlainlyWithin("a.ts", deep.repeat(20_000), NONE)).toBe(false);
    expect(isPlainlyWithin("a.js", "<a>'</a>; if (b) c(); '", NONE)).toBe(false);
    expect(isPlainlyWithin("a.c", "int a;", NONE)).toBe(false);
  });

  it("is so with signs beyond ASCII where they mean nothing, and not where they could", () => {
    for (const sign of ["é", "\ud800", "\u{1f600}", "→ a 你", "\u00a0"])
      for (const text of [
        `/* ${sign} */ f();`,
        `'${sign}';`,
        `// ${sign}`,
        `\`\${a}${sign}\`;`,
        `<a b="${sign}">${sign}</a>;`,
      ]) {
        const around = `#!/bin/${sign}\nfunction f(a = 1) {}\n${text}`;
        expect(isPlainlyWithin("a.tsx", around, { ...NONE, maxComplexity: 2 }), around).toBe(true);
        expect(isPlainlyWithin("a.tsx", around, { ...NONE, maxComplexity: 1 }), around).toBe(false);
        expect(isPlainlyWithin("a.tsx", `${text}\n// @ts-ignore ${sign}`, NONE), around).toBe(false);
      }
    for (const text of [
      "é;",
      "/é/;",
      "a\u00a0;",
      "→",
      "<é/>;",
      "// \u2028if (a) b();",
      "'\u2029'",
      "0éab;",
      "'é' + é;",
    ])
      expect(isPlainlyWithin("a.tsx", text, NONE), text).toBe(false);
  });

  it("is not so where a comment switches a rule off, and is where a text only holds the words", () => {
    const hushed = [
      "// @ts-ignore\n",
      "/* eslint-disable */",
      "/* a\n * @ts-nocheck */",
      "a(); // NOSONAR",
      "<!-- nosemgrep\n",
    ];
    for (const text of [...hushed, "#!/usr/bin/node nosemgrep\n"])
      for (const [file, around] of [
        ["a.js", text],
        ["a.cjs", `${text}\nf();`],
      ] as const)
        expect(isPlainlyWithin(file, around, NONE), around).toBe(false);
    for (const text of [
      "'// @ts-ignore';",
      "`/* eslint-disable */`;",
      "/[// @ts-ignore]/;",
      "// ignore and disable\n",
      "#!/usr/bin/env node\n",
    ])
      expect(isPlainlyWithin("a.js", text, NONE), text).toBe(true);
  });
});
