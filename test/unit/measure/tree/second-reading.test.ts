import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { measureSource } from "../../../../src/measure/source.js";
import { openConditionals } from "../../../../src/measure/tree/conditional.js";
import { type FlatTree, flatTree, typeName } from "../../../../src/measure/tree/flat-tree.js";
import { engine, loadGrammars, parserOf } from "../../../../src/measure/tree/grammar.js";
import { type Reading, readAgain } from "../../../../src/measure/tree/second-reading.js";
import { TREE_LANGUAGES } from "../../../../src/measure/tree/tree-language.js";
import { marksOf } from "../../../../src/measure/tree/tree-mark.js";
import { walkMarks } from "../../../../src/measure/tree/tree-walk.js";

beforeAll(() => loadGrammars(["c"], "grammars"));

function read(text: string): Reading {
  const tree = parserOf("c").parse(text);
  if (tree === null) throw new Error("not parsed");
  const flat = flatTree(tree, text, engine);
  tree.delete();
  return { flat, walked: walkMarks(marksOf(flat, TREE_LANGUAGES.c), text, TREE_LANGUAGES.c) };
}

interface Again {
  readonly parts: string[];
  /** Of each part, how much of it could not be read. */
  readonly left: number[];
  readonly flat: FlatTree;
  readonly text: string;
  readonly functions: string[];
  readonly errors: number;
  readonly opened: string[];
}

/** What was read again, and what came of it. */
function again(text: string): Again {
  const first = read(text);
  const parts: string[] = [];
  const left: number[] = [];
  const patched = readAgain(first, openConditionals(text), (part) => {
    const reading = read(part);
    parts.push(part.trim());
    left.push(reading.walked.errors.length);
    return reading;
  });
  const flat = patched?.flat ?? first.flat;
  const { drafts, errors } = walkMarks(marksOf(flat, TREE_LANGUAGES.c), flat.text, TREE_LANGUAGES.c);
  const opened = (patched?.opened ?? []).map(({ start, end }) => text.slice(start, end));
  const functions = drafts.map(({ qualifiedName, complexity }) => `${qualifiedName} ${complexity}`);
  return { parts, left, flat, text: flat.text, functions, errors: errors.length, opened };
}

/** Nodes of which a tree's columns say different things. */
function malformed(tree: FlatTree): number[] {
  const { size, parents, nexts, previous } = tree;
  const last = new Map<number, number>();
  const faults: number[] = [];
  for (let at = 1; at < size; at += 1) {
    const parent = Number(parents[at]);
    const isNext = previous[at] === (last.get(parent) ?? -1);
    if (!isNext || !isWithin(tree, at, parent) || !isInOrder(tree, at)) faults.push(at);
    last.set(parent, at);
  }
  return [parents[0], nexts[0], previous[0]].join() === [-1, size, -1].join() ? faults : [0, ...faults];
}

function isWithin({ nexts }: FlatTree, at: number, parent: number): boolean {
  const beyond = Number(nexts[parent]);
  return parent < at && at < beyond && Number(nexts[at]) <= beyond;
}

function isInOrder({ starts, ends, text }: FlatTree, at: number): boolean {
  const [before, start, end] = [Number(starts[at - 1]), Number(starts[at]), Number(ends[at])];
  return before <= start && start <= end && end <= text.length;
}

const errorsOf = (text: string): number[] => measureSource("a.c", text).errors.map(({ line }) => line);

const CLEAN = `/* Adds. */
int add(int a, int b)
{
#ifdef WIDE
  if (a) return b;
#endif
  return a + b;
}
`;
/** Half of a statement in a branch: no grammar reads it as it stands. */
const CUT = `int cut(int a)
{
#ifdef WIDE
  if (a > 9)
    return 2;
  else
#endif
  {
    a++;
  }
  return a;
}
`;
const BROKEN = "int f(int a)\n{\n  return a; }\n}\n";
const PLAIN = "int plain(int a)\n{\n  return a;\n}\n";
const named = (text: string, name: string): string => text.replace(/\b(?:add|cut)\b/, name);

describe("a text of which something cannot be read", () => {
  it("is read again there alone, between the whole functions around it, which stay as they were", () => {
    const around = [
      "#ifdef ALL\nint before;\n",
      CUT,
      "#else\nint between;\n",
      named(CLEAN, "sum"),
      "#endif\nint after;\n",
    ];
    const text = [CLEAN, ...around].join("");
    const found = again(text);
    expect(found.parts).toEqual([`${openConditionals(around.slice(0, 3).join("")).text.trim()}\n/* Adds. */`]);
    expect(found.functions).toEqual(["add 2", "cut 2", "sum 2"]);
    expect(found.opened).toEqual(["#ifdef ALL", "#ifdef WIDE"]);
    expect(found.text).toHaveLength(text.length);
    expect(found.text.slice(0, CLEAN.length)).toBe(CLEAN);
    expect(malformed(found.flat)).toEqual([]);
    const { parse, errors, functions } = measureSource("a.c", text);
    expect({ parse, errors }).toEqual({ parse: "ok", errors: [] });
    expect(functions.map((one) => `${one.name} ${one.line}-${one.end_line} ${one.documented}`)).toEqual([
      "add 2-8 true",
      "cut 11-22 false",
      "sum 26-32 true",
    ]);
  });

  it("is read with the functions around where one of them ended too early and looks whole", () => {
    const early = "int early(int a)\n{\n}\n#ifdef WIDE\n  else {\n    a--;\n  }\n#endif\n}\n";
    const { parts, functions } = again([CLEAN, early, named(CLEAN, "sum")].join(""));
    expect(parts.map((part) => /^\w+ \w+|^\w+/.exec(part)?.[0])).toEqual(["else", "int early"]);
    expect(functions[0]).toBe("add 2");
    expect(functions.at(-1)).toBe("sum 2");
  });

  it("is read alone where every block that begins in it ends in it", () => {
    const whole = "int whole(int a)\n{\n}\n#ifdef WIDE\n  else {\n    a--;\n#endif\n  }\n";
    expect(again([CLEAN, whole, named(CLEAN, "sum")].join("")).parts).toHaveLength(1);
  });

  it("is not read again without a line of conditional compilation, and stays as it is where nothing is won", () => {
    expect(again(`${CLEAN}${PLAIN}${BROKEN}${PLAIN}${named(CLEAN, "sum")}`).parts).toEqual([]);
    const text = `${CLEAN}#ifdef A\n${BROKEN}#endif\n${named(CLEAN, "sum")}`;
    const kept = again(text);
    expect(kept.parts.length).toBeGreaterThan(0);
    expect({ text: kept.text, opened: kept.opened }).toEqual({ text, opened: [] });
    expect(errorsOf(text)).toEqual([13]);
  });

  it("is put together from its functions where the parser could not, if all between them can be read", () => {
    const rootOf = ({ grammar, types }: FlatTree): string => typeName(grammar, types[0] as number);
    const branch = `${PLAIN}int f(int a)\n{\n  if (a) {\n#ifdef A\n}\n${PLAIN}int g(int a)\n{\n#endif\n#ifdef A\n}\n${PLAIN}`;
    const broken = [
      `int f(int a)\n{\n#ifdef A\n  else\n  else {\n}\n${PLAIN}`,
      `int g(int a)\n{\n  }\n  else\n#endif\n  do {\n  else\n  if (a)\n  return a;\n}\n${PLAIN}`,
    ];
    const roots = [branch, [PLAIN, ...broken].join("")].map((text) => {
      const found = again(text);
      expect(malformed(found.flat)).toEqual([]);
      expect(found.text).not.toBe(text);
      return [rootOf(read(text).flat), rootOf(found.flat), found.errors > 0];
    });
    expect(roots).toEqual([
      ["ERROR", "translation_unit", false],
      ["ERROR", "ERROR", true],
    ]);
  });

  it("is read alone although the end of the conditional around all of it was not found", () => {
    const before = "int before(int x) { return x; }";
    const place =
      "int a(int x, int y) {\n#ifdef A\n  if (x) {\n#else\n  if (y) {\n#endif\n    return 1;\n  }\n  return 0;\n}";
    const { parts, functions, errors } = again(
      `#ifndef GUARD\n${before}\n${place}\nint b(int x) { return x; }\n#endif\n`,
    );
    expect(parts.filter((part) => part.includes("before"))).toEqual([]);
    expect(functions).toEqual(["before 1", "a 3", "b 1"]);
    expect(errors).toBe(0);
  });

  it("is read as one behind a thousand places", () => {
    const { parts, functions } = again(
      Array.from({ length: 1_200 }, (_, at) => named(CUT, `f${at}`) + named(CLEAN, `g${at}`)).join(""),
    );
    expect(parts).toHaveLength(1_001);
    expect(parts.at(-1)?.match(/\bint f\d+/g)).toHaveLength(200);
    expect(functions).toHaveLength(2_400);
  });
});

const LINES = [
  "  if (a)",
  "  if (a) {",
  "  }",
  "  else",
  "  else {",
  "  a--;",
  "  do {",
  "  } while (0);",
  "}",
  "int g(int a)",
  "{",
];
const CONDITIONALS = ["#ifdef A", "#else", "#endif"];

function between(lines: readonly string[]): string {
  return `int p(int a)\n{\n  return a;\n}\nint f(int a)\n{\n${lines.join("\n")}\n}\nint q(int a)\n{\n  return a;\n}\n`;
}

describe("whatever stands in a text", () => {
  it("a tree that was patched is well-formed, and never leaves more unread", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...LINES, ...CONDITIONALS), { minLength: 3, maxLength: 10 }), (lines) => {
        const text = between(lines);
        expect(malformed(again(text).flat)).toEqual([]);
        const unread = measureSource("a.c", text).errors.filter(
          ({ message }) => !message.includes("different branches"),
        );
        expect(unread.length).toBeLessThanOrEqual(read(text).walked.errors.length);
      }),
      { numRuns: 1_500 },
    );
  });

  it("what could not be read in any part is not read in the whole", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...LINES, ...CONDITIONALS), { minLength: 3, maxLength: 10 }), (lines) => {
        const { left, errors } = again(between(lines));
        if (left.length > 0 && Math.min(...left) > 0) expect(errors).toBeGreaterThan(0);
      }),
      { numRuns: 1_500 },
    );
  });
});
