import { beforeAll, expect, it } from "vitest";
import { loadMeasures } from "../../../../src/crew/state/grammars.js";
import { judgeChange } from "../../../../src/measure/judge-change.js";
import { measureSource } from "../../../../src/measure/source.js";

beforeAll(async () => {
  await loadMeasures(["c", "cpp", "java", "python", "go", "rust"]);
});

const LIMITS = { maxComplexity: 8, maxFunctionLines: 60 };
const found = (path: string, after: string, before: string | null = null): string[] =>
  judgeChange({ path, before, after, limits: LIMITS, isTest: false }).map(({ rule, line }) => `${rule} ${line}`);

/** A function of 10 paths between what makes a parser take it for a comment, and what ends that. */
const hidden = (before: string, behind = "// */"): string =>
  `${before}\nint evil(int n) {\n${"if (n) n--;\n".repeat(9)}return n; }\n${behind}\n`;

it.each([
  ["a.c", "int a;\n/* x *\\\n/\nint evil(int n) { return n; }\n/* y */\n", 2],
  ["a.cpp", "/* x *??/ \r\n\\\n/\nint evil(int n) { return n; }\n/* y */\n", 1],
  ["a.c", "// x\rint evil(int n) { return n; }\n", 1],
  ["a.hpp", "// x\rint evil(int n) { return n; }\n", 1],
  ["A.java", "class A {\n// \\u000a int evil(int n) { return n; }\n}\n", 2],
  ["A.java", "class A { // \\uuu000D int evil(int n) { return n; }\n}\n", 1],
  ["A.java", "class A { /* \\u002a/ int evil(int n) { return n; } /* */ }\n", 1],
  ["A.java", "class A { /* *\\u002F int evil(int n) { return n; } /* */ }\n", 1],
  ["A.java", 'class A { String s = "\\\\\\u0022; int evil(int n) { return n; } //"; }\n', 1],
  ["A.java", "class A { char c = '\\u0027; }\n", 1],
  ["A.java", 'class A { String s = "\\u005c"; }\n', 1],
  ["A.java", "class A { // x\r int evil(int n) { return n; }\n}\n", 1],
  ["a.py", "# x\rdef evil(n):\r    return n\n", 1],
  ["a.py", "# coding: utf-7\n# +AAo-def evil(n):+AAo- return n\n", 1],
  ["a.py", "#!/usr/bin/python3\n# vim: set fileencoding=unicode_escape :\n# \\ndef evil(n): return n\n", 1],
  ["a.c", hidden('#define A "/*"', '#define B "*/"'), 1],
  ["a.cpp", hidden('#pragma "/*"'), 1],
  ["a.c", hidden('# 1 "/*"'), 1],
  ["a.c", hidden("#define A 1 // src/*.c"), 1],
  ["a.c", hidden("#undef A // src/*.c"), 1],
  ["a.c", hidden("#if '/*'\n#endif"), 1],
  ["a.c", hidden("#if 0\ndon't /*\n#endif"), 2],
  ["a.c", hidden("#include_next </*a>"), 1],
  ["a.cpp", hidden("#if __has_include(</*a>)\n#endif"), 1],
  ["a.c", hidden("// a \\ \n/*"), 2],
  ["a.c", hidden("// a ??/\n/*"), 1],
  ["a.cpp", hidden("// a \\ \0\n/*"), 1],
  ["a.c", hidden('#define A "??/" /* "'), 1],
  ["a.c", hidden("/\\\n/ /*"), 1],
  ["a.c", hidden('char *a = R"(" /* )";', 'char *b = R"( */ ")";'), 1],
  ["a.cpp", hidden('#define A R"x(" /* )x"'), 1],
  ["a.c", hidden("#define A 1'0 + '/*'"), 1],
  ["a.cpp", hidden("#define A 1'0 + '/*'"), 1],
  ["a.c", hidden("#define A 1'0 /* '"), 1],
  ["a.c", 'char *a = "b\\ \n"; int evil(int n) { return n ? 1 : 0; } char *c = "";\n', 1],
  ["a.c", "int evil(int n) { i\\\nf (n) n--; return n; }\n", 1],
  ["a.c", "int evil(int n) { wh\\\n\\ \nile (n) n--; return n; }\n", 1],
  ["a.cpp", "int evil(int n) { return n &\\\r\n& n; }\n", 1],
  ["a.c", "int evil(int n) { return n |\\\n| n; }\n", 1],
  // half of an `if` in a branch, so that the text is read again
  ["a.c", hidden('#define A "/*"\nint a(int n) { if (n) return 1;\n#ifdef B\nelse\n#endif\n{ n++; } return n; }'), 1],
])("a compiler reads more of %s than the parser: %j is a parse error", (path, text, line) => {
  expect(found(path, text)).toContain(`parse ${line}`);
  expect(measureSource(path, text).parse).not.toBe("ok");
});

it.each([
  ["a.c", "/* x **/ int a(int n) { return n; }\r\n// \\\n goes on\n"],
  ["a.c", "int a(void) { return 1; }\r\r\n"],
  ["a.c", "#define A(x) f(x);\\\ng(x); \\ \nh(\\\nx) /* */\n#define B 'x' /* y */ \"//\" // '\n"],
  ["a.c", 'char *a = "b\\\nc"; /* what??/ */ // \\ \n\nint b = sizeof "/*" "*/"; // *//* ??/ x\n'],
  ["a.c", "#define A(x) /* y */\\\n/* z */\\\n// w\n"],
  ["a.c", "#include <a//b>\n#include </*c>\nint d = 1; /* e */\n"],
  ["a.cpp", 'int a = 1\'000 + 0x1\'F; /* b */ auto c = u8R"x(" /* )x"; // d\n'],
  ["a.c", "int a = 1'000; /* b */ char c = '0'; // 0's d's\n"],
  ["A.java", 'class A { String s = "\\\\u000a \\u001b[0m \\u00e9"; /** C:\\\\u002a */ }\n'],
  ["a.py", "# -*- coding: utf-8 -*-\nx = 1\n"],
  ["a.py", "# -*- coding: UTF_8-unix -*-\nx = 1\n"],
  ["a.py", "#!/usr/bin/python\n# coding=latin-1\nx = 1\n"],
  ["a.py", "x = 1\ny = 2\n# coding: utf-7\n"],
  ["a.go", "package a // x\r y\n"],
  ["a.rs", "// \\u000a\nfn a() {}\n"],
])("an honest %s is read whole: %j", (path, text) => {
  expect(found(path, text)).toEqual([]);
});

it("warns of what was there before", () => {
  const text = "# x\ry = 1\n";
  expect(
    judgeChange({ path: "a.py", before: text, after: `${text}z = 1\n`, limits: LIMITS, isTest: false }),
  ).toMatchObject([{ rule: "parse", blocks: false }]);
});

it("tells a line once, however many places are on it", () => {
  expect(measureSource("a.py", `${"#\r".repeat(20_000)}\n# x\ry = 1\n`).errors).toHaveLength(2);
});

it("warns of a comment that is none, and refuses another word in it", () => {
  const before = hidden('#define A "/*"');
  const change = { path: "a.c", before, limits: LIMITS, isTest: false };
  expect(judgeChange({ ...change, after: `${before}int z;\n` })).toMatchObject([{ rule: "parse", blocks: false }]);
  expect(judgeChange({ ...change, after: before.replace("n--", "n++") })).toMatchObject([
    { rule: "parse", blocks: true },
  ]);
});

it("knows a place of C that no parser reads by its code, not by its comments, and by what only looks like one", () => {
  const place = (within: string): string => `int t[] = {\n#include "a.h"\n  { if (a) { ${within} b(); };\n#undef A\n`;
  const isNew = (path: string, before: string, after: string): boolean =>
    judgeChange({ path, before, after, limits: LIMITS, isTest: false }).some(
      ({ rule, blocks }) => rule === "parse" && blocks,
    );
  const judged = (path: string, was: string, is: string): boolean => isNew(path, place(was), place(is));
  expect(measureSource("a.c", place("/* x */")).errors.length).toBeGreaterThan(0);
  expect(judged("a.c", "/* to the the */ c();", "/* to the */ c(); // if\n")).toBe(false);
  expect(judged("a.cpp", "// if (a) {\n", "")).toBe(false);
  expect(judged("a.c", "/* x */ c();", "/* x */ d();")).toBe(true);
  expect(judged("a.c", "c();", "//\\\n c();")).toBe(true);
  const inMacro = '} if (a) {\n#define A "/*"\n c();\n// */\n b();\n';
  expect(measureSource("a.c", inMacro).errors.map(({ line }) => line)).toContain(1);
  expect(isNew("a.c", inMacro, inMacro.replace("c()", "d()"))).toBe(true);
});
