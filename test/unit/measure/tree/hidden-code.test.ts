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
])("a compiler reads more of %s than the parser: %j is a parse error", (path, text, line) => {
  expect(found(path, text)).toContain(`parse ${line}`);
  expect(measureSource(path, text).parse).not.toBe("ok");
});

it.each([
  ["a.c", "/* x **/ int a(int n) { return n; }\r\n// \\\n goes on\n"],
  ["a.c", "int a(void) { return 1; }\r\r\n"],
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
