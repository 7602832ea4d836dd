import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { measureFigures, measureSource } from "../../../../src/measure/source.js";
import { ERROR, type FlatTree, flatTree } from "../../../../src/measure/tree/flat-tree.js";
import { engine, loadGrammars, parserOf } from "../../../../src/measure/tree/grammar.js";
import { isCutRight, type ShortText, shortComments } from "../../../../src/measure/tree/short-comments.js";

beforeAll(() => loadGrammars(["c", "cpp"], "grammars"));

const LONG = "a comment of some length (if it is one)";
const F = "int f(int n) { if (n) return 1; return 0; }\n";

function treeOf(text: string, short: ShortText | null): FlatTree {
  const tree = parserOf("cpp").parse(short?.text ?? text);
  if (tree === null) throw new Error("not parsed");
  const flat = flatTree(tree, text, engine, short?.shifts);
  tree.delete();
  return flat;
}

/** The columns of a tree as plain numbers. */
function columns({ size, types, fields, starts, ends, parents, missing }: FlatTree): unknown {
  const rows = [types, fields, starts, ends, parents].map((column) => [...column.subarray(0, size)]);
  return { rows, missing: [...missing] };
}

describe("a text without its long comments", () => {
  it("keeps their marks, and leaves short ones as they are", () => {
    const text = `/* short */ int a; /* ${LONG} */\nint b; /** ${LONG}\n * ${LONG} **/ /**/\n`;
    const short = shortComments(text);
    expect(short?.text).toBe("/* short */ int a; /**/\nint b; /**/ /**/\n");
    const { text: cut = "", cuts = [], shifts = new Int32Array() } = short ?? {};
    expect(cuts.map((at) => text.slice(at + Number(shifts[at])).slice(0, 5))).toEqual(["/* a ", "/** a"]);
    const ends = cuts.map((at) => at + 4);
    expect(ends.map((at) => text.slice(at + Number(shifts[at])))).toEqual([text.slice(text.indexOf("\n")), " /**/\n"]);
    expect(text.slice(cut.length + Number(shifts[cut.length]))).toBe("");
  });

  it.each(["int a;\n", "/* short */", `/* ${LONG}`, `char *s = "/* ${LONG} */";`, `// /* ${LONG} */`])(
    "is the text itself where none is to be cut: %s",
    (text) => expect(shortComments(text)).toBeNull(),
  );

  it.each([
    ["an include", `#include <a/*b>\n${F}#include <c*/d>\n`],
    ["a literal that goes on", `char *s = "\\\n/* ";\n${F}char *t = " */";\n`],
    ["a line comment that goes on", `// x \\\n/*\n${F}/* y */\n`],
    ["a raw literal", `auto s = R"(\n/*)";\n${F}auto t = R"(*/)";\n`],
  ])("hides nothing behind %s", (_, text) => {
    const short = shortComments(text);
    expect(short).not.toBeNull();
    expect(isCutRight(treeOf(text, short), short as ShortText)).toBe(false);
    expect(measureFigures("a.cpp", text).functions).toMatchObject([{ name: "f", complexity: 2 }]);
  });

  it("has the same tree, wherever all of it can be read and what was cut is in comments", () => {
    let [alike, refused] = [0, 0];
    fc.assert(
      fc.property(fc.array(PIECE, { minLength: 1, maxLength: 24 }), (pieces) => {
        const text = pieces.join("");
        const whole = treeOf(text, null);
        const short = shortComments(text);
        if (short === null || whole.missing.size > 0 || whole.types.subarray(0, whole.size).includes(ERROR)) return;
        const cut = treeOf(text, short);
        const isRight = isCutRight(cut, short);
        if (isRight) expect(columns(cut)).toEqual(columns(whole));
        alike += isRight ? 1 : 0;
        refused += isRight ? 0 : 1;
      }),
      { numRuns: 3_000 },
    );
    expect(alike).toBeGreaterThan(200);
    expect(refused).toBeGreaterThan(5);
  });

  it("tells what its comments say", () => {
    const text = `/** ${LONG} */\n${F}/* NOLINTBEGIN ${LONG} */ int a; /* é𝄞 ${LONG} */ int g(void) { return 1; } // NOLINT\n`;
    const { functions, suppressions } = measureSource("a.c", text);
    expect(functions.map(({ name, line, documented }) => [name, line, documented])).toEqual([
      ["f", 2, true],
      ["g", 3, true],
    ]);
    expect(suppressions.map(({ line }) => line)).toEqual([3, 3]);
  });

  it.each([
    ["one line of comments", `int a;/* ${LONG} */`.repeat(40_000)],
    ["what may be literals", '"/*'.repeat(300_000)],
    ["what ends far behind", `${'"/*'.repeat(300_000)}*/`],
    ["what never ends", "/*\n".repeat(300_000)],
  ])("is made in time that grows with the text alone: %s", (_, text) => {
    expect(shortComments(text)?.text.length ?? text.length).toBeLessThanOrEqual(text.length);
  });
});

/** Pieces of C++, some of which only look like the beginning or the end of a comment. */
const PIECE = fc.constantFrom(
  F,
  "int a;\n",
  ` /* ${LONG} */ `,
  `/** ${LONG}\n * ${LONG}\n */\n`,
  `int b = 1; /* ${LONG} */\n`,
  `#define A /* ${LONG}\n */ 1\n`,
  `#if A /* ${LONG} */\n`,
  "#else\n",
  "#endif\n",
  `// x /* ${LONG} */\n`,
  `// x \\\n/* ${LONG} */\n`,
  `char *s = "/* ${LONG} */";\n`,
  `char *s = "\\\n/* ${LONG} */";\n`,
  `auto r = R"(\n/* ${LONG} */)";\n`,
  `#include <a/* ${LONG} */b>\n`,
  "/**/",
  "/* x */",
  "int c(void); ",
);
