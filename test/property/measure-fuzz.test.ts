import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { noteReadAsJson } from "../../src/measure/ecmascript/parser-memory.js";
import { judgeChange } from "../../src/measure/judge-change.js";
import { type Language, languageOf } from "../../src/measure/language.js";
import { readFacts } from "../../src/measure/power-of-ten/analysis.js";
import { linkFiles } from "../../src/measure/power-of-ten/call-graph/link.js";
import { measureFigures, measureSource } from "../../src/measure/source.js";
import { loadGrammars } from "../../src/measure/tree/grammar.js";

/** A text of each language with a function that decides, calls, loops and is documented. */
const SEEDS: readonly (readonly [string, string])[] = [
  [
    "a.ts",
    "/** F. */\nexport function f(a: number): number {\n  for (const b of [a]) if (b > 1) return f(b);\n  return `${a}`.length;\n}\n",
  ],
  ["a.tsx", "export const A = (p: { a?: string }) => <b title={p.a ?? ''}>{p.a && <i />}</b>;\n"],
  ["a.js", "class A { static { x(); } #p = () => 1; get q() { return this.#p?.() || 2; } }\n"],
  [
    "a.c",
    "#include <stdio.h>\n#define M(x) ((x) ? 1 : 2)\nint f(int a) { while (a-- > 0) { if (M(a)) goto end; }\nend:\n  return a; }\n",
  ],
  [
    "a.cpp",
    "template <typename T> struct A { T f(T a) { try { return a ? f(a - 1) : T(); } catch (...) { throw; } } };\n",
  ],
  [
    "a.py",
    "class A:\n    def f(self, a=1):\n        '''Doc.'''\n        return [b for b in a if b] if a else self.f(2)\n",
  ],
  [
    "a.go",
    "package a\n\nfunc f(a int) int {\n\tfor i := 0; i < a; i++ {\n\t\tif i > 2 && a > 3 {\n\t\t\treturn f(i)\n\t\t}\n\t}\n\treturn 1\n}\n",
  ],
  [
    "a.rs",
    "fn f(a: Option<i32>) -> i32 { match a { Some(x) if x > 1 => f(Some(x - 1)), None => 0, _ => loop { break 1 } } }\n",
  ],
  [
    "A.java",
    "class A { @Deprecated int f(int a) { switch (a) { case 1: return f(2); default: return a > 0 ? 1 : 2; } } }\n",
  ],
];
const NOISE = [
  "\u0000",
  "\ud800",
  "\ufffd",
  "\u2028",
  "{",
  "}",
  "(",
  '"',
  "'",
  "`",
  "/*",
  "*/",
  "//",
  "#",
  "\\",
  "\n",
  "<<<<<<< HEAD\n",
  "if (",
  "=>",
  "\t",
  "@",
  "<",
  "\u{1f600}",
];

beforeAll(() => noteReadAsJson(1024 * 1024));
beforeAll(() =>
  loadGrammars(
    SEEDS.map(([path]) => languageOf(path) as Language),
    "grammars",
  ),
);

/** Cuts, doubles and noise anywhere in a text. */
const mutated = (seed: string): fc.Arbitrary<string> =>
  fc
    .array(fc.tuple(fc.nat(), fc.nat({ max: 12 }), fc.constantFrom("", ...NOISE, seed)), { minLength: 1, maxLength: 6 })
    .map((edits) =>
      edits.reduce((text, [at, cut, put]) => {
        const place = at % (text.length + 1);
        return text.slice(0, place) + put + text.slice(place + cut);
      }, seed),
    );

describe.each(SEEDS)("a damaged text of %s", (path, seed) => {
  it("is measured, judged and linked without a fault, with the same figures each time", () => {
    expect(measureSource(path, seed).parse).toBe("ok");
    fc.assert(
      fc.property(mutated(seed), (text) => {
        const measured = measureSource(path, text);
        if (measured.parse === "ok") expect(measured.errors).toEqual([]);
        if (measured.parse === "failed") expect(measured.functions).toEqual([]);
        expect(measureFigures(path, text)).toMatchObject({ parse: measured.parse, errors: measured.errors });
        for (const { line, end_line } of measured.functions)
          expect(line <= end_line && end_line <= measured.lines + 1).toBe(true);
        const limits = { maxComplexity: 8, maxFunctionLines: 60 };
        const same = judgeChange({ path, before: text, after: text, limits, isTest: false });
        expect(same.filter(({ blocks }) => blocks)).toEqual([]);
        expect(linkFiles([readFacts({ path, text })])).toHaveLength(1);
      }),
      { numRuns: 120 },
    );
  });

  it("that is all of it noise is no program of one function", () => {
    for (const noise of NOISE) {
      const measured = measureSource(path, noise.repeat(500));
      expect(measured.functions.length).toBeLessThanOrEqual(1);
    }
  });
});
