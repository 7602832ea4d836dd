import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type { ChangeLimits } from "../../src/measure/change-limits.js";
import { noteReadAsJson } from "../../src/measure/ecmascript/parser-memory.js";
import { isPlainlyWithin } from "../../src/measure/ecmascript/plainly-within.js";
import { languageOf } from "../../src/measure/language.js";
import { measureFigures } from "../../src/measure/source.js";

const MANY_CHARS = 1024 * 1024;
/** Texts made up; many more are a matter of `PLAINLY_WITHIN_RUNS`. */
const RUNS = Number(process.env["PLAINLY_WITHIN_RUNS"] ?? 500);
const LIMITS: ChangeLimits = { maxComplexity: 8, maxFunctionLines: 60 };

beforeAll(() => noteReadAsJson(MANY_CHARS));

/** Whether the measures find nothing that could be objected to. */
function isClean(path: string, text: string, { maxComplexity, maxFunctionLines }: ChangeLimits): boolean {
  const { errors, suppressions, functions } = measureFigures(path, text);
  const isTooLong = functions.some(({ kind, length }) => kind !== "field" && length > maxFunctionLines);
  const isTooComplex = functions.some(({ complexity }) => complexity > maxComplexity);
  return errors.length === 0 && suppressions.length === 0 && !isTooLong && !isTooComplex;
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => languageOf(path) !== undefined && !/\.(?:c|h|wasm)$/.test(path))
    .toSorted();
}

const path = fc.constantFrom("a.ts", "a.ts", "a.js", "a.tsx", "a.mjs", "a.d.ts", "a.cjs");
/** How far the limits are from the greatest figures of a text: at them, or one less of either. */
const slack = fc.constantFrom(
  { paths: 0, lines: 0 },
  { paths: 0, lines: 0 },
  { paths: -1, lines: 0 },
  { paths: 0, lines: -1 },
);

function limitsAround(file: string, text: string, more: { paths: number; lines: number }): ChangeLimits {
  const { functions } = measureFigures(file, text);
  const lines = functions.filter(({ kind }) => kind !== "field").map(({ length }) => length);
  return {
    maxComplexity: Math.max(1, ...functions.map(({ complexity }) => complexity)) + more.paths,
    maxFunctionLines: Math.max(1, ...lines) + more.lines,
  };
}

const EXPRESSIONS = [
  "a",
  "b.c",
  "1",
  "'}'",
  "'é\\ü'",
  "`→$" + "{'✓'}😀`",
  "/é/u",
  "ü.é",
  "`$" + "{'`'}`",
  "/[/}]/g",
  "this",
  "a?.b",
  "a?.[0]",
  "a?.()",
  "(() => {})",
  "({})",
];
const EXPRESSION_SHAPES = [
  "(EG?GEG:GE)",
  "(EG&&GE)",
  "(EG||E)",
  "(E ??GE)",
  "(aG||=GE)",
  "(a.b ??= E)",
  "(PG=GE)",
  "([PG=GE] = E)",
  "({ aG=GE } = E)",
  "({ a: b = E, ...cG } = E)",
  "([...E] = E)",
  "[...E, E]",
  "({ a: E, ...E })",
  "({ aG(D) {GSG} })",
  "({ getG[E]G() {GSG} })",
  "({ async *G[E](D) {GSG} })",
  "(functionG(DG,GD)G{GSG})",
  "((DG)G=>G{GSG})",
  "((D) =>GE)",
  "(async (...P) => {GSG})",
  "(classG{GMG})",
  "(class extends E {GMG})",
  "`x$" + "{GEG}`",
  "E`$" + "{E}`",
  "E?.G[E]",
  "E?.(E)",
  "E(EG,GE)",
  "new (E)(E)",
  "(E as {G[E]: string })",
  "(<T,>(D) => E)",
  "(EG/GE/GE)",
  "import(E)",
];
const STATEMENTS = [
  "a();",
  "throw a;",
  ";",
  "/* c */",
  "// é → 😀\n",
  "/* 你\n好 */",
  "a\n++b",
  "'use strict'",
  "let x: { a?: 1 };",
];
const STATEMENT_SHAPES = [
  "<b c={E}>GE{E}</b>;",
  "<b c='é'>→G{E}</b>;",
  "/* eslint-disable */GE;",
  "<!-- cGE;",
  "E;",
  "SGS",
  "ifG(E)G{GSG}",
  "if (E)G{GSG}GelseG{S}",
  "for (;E;) {GSG}",
  "for (const P of E)G{S}",
  "for (P in E)Ga();",
  "whileG(E)GE;",
  "do {S} while (E);",
  "switch (E)G{GcaseGE:GSG default: S }",
  "try {GSG} catch (P) {GSG}",
  "try {GSG} finally {GSG}",
  "const P = E;",
  "function f(D, D) {GSG}",
  "functionGfG(a: { [E]: 1 })G{GSG}",
  "async function* f(this: A, ...P) {GSG}",
  "class A {GMGMG}",
  "class A<B> extends E {GMG}",
  "@E class A {GMG}",
  "namespace A {GSG}",
  "enum A { a = E }",
  "type A = { [E]: typeof a; bG(): 1 };",
  "label: {S}",
  "declare function f(a, b?): void;",
  "interface A {G[E](): 1 }",
  "let a: import('b', { with: E });",
];
const MEMBERS = ["a;", "b = 1;", "constructor() {}", "declare c: 1;", "abstract d(): void;"];
const MEMBER_SHAPES = [
  "aG=GE;",
  "[E]G=GE;",
  "static {GSG}",
  "aG(D)G{GSG}",
  "staticGasyncG*G[E](D) {GSG}",
  "getG#aG() {GSG}",
  "@EG aG(@E D) {GSG}",
  "@E a = E;",
  "accessor a = E;",
  "a = (D) => {GSG};",
  "a(b): void; a(D) {GSG}",
  "b(@E ...P) {GSG}",
  "MGM",
];
const PATTERNS = ["a", "{ a }", "[a, b]", "{ a = 1 }", "[, a = 1]", "{ ...a }", "[...a]"];
const PATTERN_SHAPES = ["[P]", "[...P]", "{ [E]: P }", "{ a: P = E }", "[P = E]"];
const PARAMETERS = ["a", "{ a }", "a = 1", "a?: string"];
const PARAMETER_SHAPES = ["PG=GE", "P: { [E]: 1 }", "P"];

/** Code that mostly parses: expressions, statements, members and types in each other, with lines broken anywhere. */
const { statement, expression } = fc.letrec<{
  expression: string;
  statement: string;
  member: string;
  pattern: string;
  parameter: string;
}>((tie) => {
  const gap = fc.constantFrom("", "", " ", "\n", "/* c */", "// c\n", "\r\n");
  const fill = (shape: string): fc.Arbitrary<string> => {
    const slots = shape.split(/(?=[ESMPDG])|(?<=[ESMPDG])/);
    const kinds: Readonly<Record<string, fc.Arbitrary<string>>> = {
      E: tie("expression"),
      S: tie("statement"),
      M: tie("member"),
      P: tie("pattern"),
      D: tie("parameter"),
      G: gap,
    };
    return fc.tuple(...slots.map((slot) => kinds[slot] ?? fc.constant(slot))).map((parts) => parts.join(""));
  };
  const of = (names: readonly string[], shapes: readonly string[]): fc.Arbitrary<string> =>
    fc.oneof({ maxDepth: 5, withCrossShrink: true }, fc.constantFrom(...names), ...shapes.map(fill));
  return {
    expression: of(EXPRESSIONS, EXPRESSION_SHAPES),
    statement: of(STATEMENTS, STATEMENT_SHAPES),
    member: of(MEMBERS, MEMBER_SHAPES),
    pattern: of(PATTERNS, PATTERN_SHAPES),
    parameter: of(PARAMETERS, PARAMETER_SHAPES),
  };
});

/** The same with cuts and noise, to which the parser and the look must say no alike. */
const noise = fc.constantFrom(
  "\u2028",
  "é",
  "\u00a0",
  "😀",
  "{",
  "}",
  "(",
  ")",
  "'",
  "`",
  "/",
  "/*",
  "*/",
  "//",
  "<",
  "</",
  "\\u0069f",
  "?",
  "=>",
  "\n",
  ";",
  "@",
  "\ud800",
);
const code = fc
  .tuple(fc.array(statement, { minLength: 1, maxLength: 3 }), fc.constantFrom("S", "async function* w() {\nS\n}"))
  .map(([parts, around]) => around.replace("S", () => parts.join("\n")));
const damaged = fc
  .tuple(code, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 3 }), noise), { minLength: 1, maxLength: 3 }))
  .map(([text, edits]) =>
    edits.reduce((edited, [at, cut, put]) => {
      const place = at % (edited.length + 1);
      return edited.slice(0, place) + put + edited.slice(place + cut);
    }, text),
  );
const anyText = fc.oneof({ weight: 4, arbitrary: code }, { weight: 1, arbitrary: damaged }, expression);

describe("what is plainly within the limits", () => {
  it.each([
    ["src/measure", 80],
    ["src/crew", 80],
    ["node_modules/zod/v4/core", 20],
    ["node_modules/yaml/dist", 60],
    ["node_modules/@vitest/runner/dist", 3],
    ["node_modules/commander", 8],
  ])("is clean by the measures in %s, and nearly all that is clean is so", (folder, atLeast) => {
    const seen = filesOf(folder).map((path) => {
      const text = readFileSync(path, "utf8");
      return { path, plainly: isPlainlyWithin(path, text, LIMITS), clean: isClean(path, text, LIMITS) };
    });
    expect(seen.filter(({ plainly, clean }) => plainly && !clean)).toEqual([]);
    const clean = seen.filter((one) => one.clean).length;
    expect(seen.length).toBeGreaterThanOrEqual(atLeast);
    expect(seen.filter((one) => one.plainly).length / clean).toBeGreaterThan(0.9);
  });

  it("is clean by the measures, whatever is written", () => {
    const found = { plainly: 0, clean: 0, above: 0 };
    fc.assert(
      fc.property(path, anyText, slack, (file, text, more) => {
        const within = limitsAround(file, text, more);
        const clean = isClean(file, text, within);
        const plainly = isPlainlyWithin(file, text, within);
        if (plainly) expect(clean, `${file}: ${text}`).toBe(true);
        found.plainly += Number(plainly);
        found.clean += Number(clean);
        found.above += Number(!clean && measureFigures(file, text).parse === "ok");
      }),
      { numRuns: RUNS },
    );
    // far below what is usual: that none of the three is empty is all that is to be known
    expect(found.above).toBeGreaterThan(RUNS / 100);
    expect(found.clean).toBeGreaterThan(RUNS / 100);
    expect(found.plainly).toBeGreaterThan(RUNS / 500);
    if (RUNS > 10_000) console.log(found);
  });
});
