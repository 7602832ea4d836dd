import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { judgeChange } from "../../../../src/measure/judge-change.js";
import { readFacts } from "../../../../src/measure/power-of-ten/analysis.js";
import { linkFiles } from "../../../../src/measure/power-of-ten/call-graph/link.js";
import { measureSource } from "../../../../src/measure/source.js";
import { openConditionals } from "../../../../src/measure/tree/conditional.js";
import { loadGrammars } from "../../../../src/measure/tree/grammar.js";

const GRAMMARS = fileURLToPath(new URL("../../../../grammars", import.meta.url));
const LONG = 50_000;

/** Half of a statement in a branch: no grammar reads these as they stand. */
const SPLIT = `int f(int a)
{
#ifdef WIDE
    if (a > 9)
        return 2;
    else
#endif
    {
        a++;
    }
    if (a
#ifdef ALSO
        && g(a)
#endif
        )
        return 1;
    return 0;
}
int g(int a) { return a; }
`;

beforeAll(() => loadGrammars(["c", "cpp"], GRAMMARS));

describe("conditional compilation that splits statements", () => {
  it("is read with the code of all its branches, and refused no more", () => {
    const { parse, errors, functions } = measureSource("a.c", SPLIT);
    expect({ parse, errors }).toEqual({ parse: "ok", errors: [] });
    expect(functions.map((one) => `${one.name} ${one.complexity} ${one.line}-${one.end_line}`)).toEqual([
      "f 4 1-18",
      "g 1 19-19",
    ]);
    const limits = { maxComplexity: 8, maxFunctionLines: 60 };
    const judge = (after: string, maxComplexity = 8): string[] =>
      judgeChange({ path: "a.c", before: null, after, limits: { ...limits, maxComplexity }, isTest: false }).map(
        ({ code, line }) => `${code} ${line}`,
      );
    expect(judge(SPLIT)).toEqual([]);
    expect(judge(SPLIT, 3)).toEqual(["ERROR_COMPLEXITY_VIOLATION 1"]);
    expect(judge(SPLIT.replace("a++;", "else { else"))).toContain("ERROR_PARSE 9");
  });

  it("is still found by the Power of Ten, where it stands", () => {
    const [file] = linkFiles([readFacts({ path: "a.c", text: SPLIT })]);
    const found = (file?.measure.functions ?? []).map(({ name, findings }) => [
      name,
      findings.filter(({ rule }) => rule === "p10-8-preproc").map(({ line, verdict }) => `${line} ${verdict}`),
    ]);
    expect(found).toEqual([
      ["f", ["3 fail", "12 fail"]],
      ["g", []],
    ]);
  });

  it("stays as it is where it can be read, or where more could not be without these lines", () => {
    expect(measureSource("a.c", "#endif\n , B }\n#if A\n , B }\n").errors).toHaveLength(1);
    const whole = "#ifdef A\nint f(void) { return 1; }\n#else\nint f(int a) { return a; }\n#endif\n";
    expect(measureSource("a.c", whole).functions).toHaveLength(2);
  });

  it("leaves out these lines alone: comments, strings and what they define stay, and every offset", () => {
    const text = `#if A /* one
#if B */ || \\
    C // two
 # ifdef D
/*
#if E
*/
char *s = "\\
#if F";
#define G \\
  x /* four */ y // five
/* six */
#pragma once
#  endif
#else /* three */
#endif
`;
    const { text: open, opened } = openConditionals(text);
    expect(open).toHaveLength(text.length);
    const kept = [
      "/* one",
      "#if B */",
      "|| \\",
      "C // two",
      "#if E",
      "#if F",
      "#define G",
      "#pragma once",
      "/* three */",
    ];
    for (const words of kept) expect(open).toContain(words);
    for (const words of ["x            y // five", "/* six */"]) expect(open).toContain(words);
    expect(open).not.toMatch(/#if A|# {2}endif|#else|#endif|# ifdef/);
    expect(opened.map(({ start, end }) => text.slice(start, end).trim())).toEqual(["#if A", "# ifdef D"]);
  });

  it("is read with comments within macros, of which one that switches a rule off stays", () => {
    const text = "#define say(a) do { /* nothing */ } while (0)\n";
    expect(measureSource("a.c", text).errors).toEqual([]);
    const hushed = measureSource("a.c", `${text}#define tell(a) do { /* NOLINT */ } while (0)\n`);
    expect(hushed.suppressions.map(({ line }) => line)).toEqual([2]);
  });

  it("is read with an end for a macro that is a statement by itself, and every path behind it counts", () => {
    const text = `int f(int a)
{
  WARN_OFF
  switch (a) {
    case 1: { a++; }
      DONE
    case 2:
      a--;
\tDONE \r

    case 3:
      return 1;
  }
  return 0;
}
`;
    const { parse, errors, functions } = measureSource("a.c", text);
    expect({ parse, errors }).toEqual({ parse: "ok", errors: [] });
    expect(functions.map((one) => `${one.name} ${one.complexity} ${one.line}-${one.end_line}`)).toEqual(["f 4 1-15"]);
    expect(openConditionals(text).text.match(/\w*;(?=\s*(?:switch|case))/g)).toEqual(["WARN_OFF;", "DONE;", ";"]);
    const other = measureSource("a.c", text.replace("WARN_OFF", "WARN_ON"));
    expect(other.functions[0]?.token_hash).not.toBe(functions[0]?.token_hash);
    const moved = measureSource("a.c", text.replaceAll("  ", "    ").replace("\r", ""));
    expect(moved.functions[0]?.token_hash).toBe(functions[0]?.token_hash);
  });

  it("never ends a comment or a directive elsewhere, where the end of a line behind a macro's name is theirs", () => {
    const stay = [
      "// one \\\n M\nif (a) a++;\n",
      "// one ??/ \n M\nif (a) a++;\n",
      "#pragma two \\\r\n M\nif (a) a++;\n",
      "#pragma three\u2028M\nif (a) a++;\n",
      "/* four\n M\nif (a) */\n",
      "#define five \\\n M\nif (a) a++;\n",
      "six\nif (a) a++;\n",
      "M seven\nif (a) a++;\n",
      "M\nif_eight(a);\n",
      "M\n#endnine\nif (a) a++;\n",
    ];
    for (const text of stay) expect(openConditionals(text).text).toBe(text);
  });

  it("is looked for in time that grows with the text alone", () => {
    for (const piece of [
      "/*",
      '"',
      "'",
      "#if ",
      "#if \\\n",
      "#define /* */ ",
      "#define /*",
      "#define a\\\n",
      "\\",
      "/",
      "\n#",
      "\n#if a/",
      "M\n",
      "\nM\n\n",
      "\n\\ ",
      " ",
    ])
      expect(openConditionals(piece.repeat(LONG)).text).toHaveLength(piece.length * LONG);
  });
});

it.each([`"/*"`, `'/*'`, `1'0 + '/*'`, `R"(" /* )"`])(
  "takes no text of a macro, as %s, for the beginning of a comment",
  (value) => {
    const text = `#define A ${value}\nint f(int a) { return a; }\n#define B "*/"\n`;
    expect(openConditionals(text).text).toBe(text);
  },
);

describe("a body that begins in one branch and ends in another", () => {
  const PATHS = "  if (a) a++;\n".repeat(6);
  const cutBy = (lines: string): string => `int f(int a)\n{\n${PATHS}${lines}${PATHS}  return a;\n}\n`;
  const LIMITS = { maxComplexity: 8, maxFunctionLines: 60 };

  it.each([
    "#if 0\n}\nint g(int a)\n{\n#endif\n",
    "#ifdef NEVER\n}\nint g(int a)\n{\n#else\n#endif\n",
    "#if 1\n#else\n}\nint h(int a) { return a; }\nint g(int a)\n{\n#endif\n",
  ])("is a place that cannot be read, as compilers see another function: %j", (lines) => {
    const change = { path: "a.c", before: null, after: cutBy(lines), limits: LIMITS, isTest: false };
    const found = judgeChange(change).filter(({ rule, blocks }) => rule === "parse" && blocks);
    expect(found.map(({ message }) => message).join()).toContain('the body of "int f(int a)" begins and ends in');
    expect(measureSource("a.cpp", cutBy(lines)).parse).toBe("partial");
  });

  it.each([
    "#ifdef WIDE\n  a++;\n#else\n  a--;\n#endif\n",
    "#ifdef WIDE\n  if (a) {\n#else\n  {\n#endif\n  a++;\n  }\n",
  ])("is none where a branch holds what is of one function: %j", (lines) => {
    expect(measureSource("a.c", cutBy(lines)).errors.filter(({ message }) => message.includes("branches"))).toEqual([]);
  });

  it("is none where branches hold heads of one body", () => {
    const text = `#ifdef WIDE\n__declspec(dllexport)\n#endif\nint f(int a)\n{\n  return a;\n}\n#ifdef A\n${CUT_ELSE}#endif\n`;
    expect(measureSource("a.c", text).errors).toEqual([]);
  });
});

/** Half of a statement in a branch, so that the file is read again. */
const CUT_ELSE = "int g(int a)\n{\n#ifdef B\n  if (a) return 1;\n  else\n#endif\n  { a++; }\n  return a;\n}\n";
