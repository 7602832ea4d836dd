import { describe, expect, it } from "vitest";
import { isAnyTest, isCodeFile, isTestFile, languageOf, languagesOf } from "../../../src/measure/language.js";

describe("the language of a path", () => {
  it.each([
    ["src/a.ts", "typescript"],
    ["src/a.mts", "typescript"],
    ["src/a.cts", "typescript"],
    ["src/a.tsx", "tsx"],
    ["src/a.js", "javascript"],
    ["src/a.jsx", "javascript"],
    ["a.mjs", "javascript"],
    ["a.CJS", "javascript"],
    ["a.h", "c"],
    ["a.hpp", "cpp"],
    ["a.py", "python"],
    ["a.go", "go"],
    ["a.rs", "rust"],
    ["A.java", "java"],
    ...["cc", "cpp", "cxx", "c++", "hh", "hpp", "hxx", "h++", "inl", "ipp", "ixx", "tcc", "tpp", "txx", "cppm"].map(
      (extension) => [`a.${extension}`, "cpp"],
    ),
    ["a.pyi", "python"],
    ["a.PYW", "python"],
  ])("of %s is %s", (path, language) => {
    expect(languageOf(path)).toBe(language);
  });

  it.each(["README", "src.ts/README", "a.json", ".ts/x", "Makefile", "a.", "a.d"])("of %s is none", (path) => {
    expect(languageOf(path)).toBeUndefined();
  });
});

describe("the language of a script", () => {
  it.each([
    ["#!/usr/bin/env node", "javascript"],
    ["#!/usr/local/bin/nodejs --harmony\nx", "javascript"],
    ["#!/usr/bin/env -S node --experimental-strip-types\r\nx", "javascript"],
    ["\ufeff#! /usr/bin/node", "javascript"],
    ["#!/usr/bin/env -S npx tsx", "typescript"],
    ["#!/usr/bin/env ts-node-esm", "typescript"],
    ["#!/usr/bin/env -S deno run -A", "typescript"],
    ["#!/usr/bin/env bun", "typescript"],
    ["#!/usr/bin/python3.11 -u", "python"],
    ["#!/usr/bin/env pypy3", "python"],
  ])("that begins with %s is %s", (text, language) => {
    expect(languageOf("bin/tool", text)).toBe(language);
    expect(languageOf("bin/tool.run", text)).toBe(language);
    expect(isCodeFile("bin/tool", text)).toBe(true);
    expect(isCodeFile("test/tool", text)).toBe(false);
  });

  it("is that of its extension where that says one", () => {
    expect(languageOf("a.py", "#!/usr/bin/env node")).toBe("python");
  });

  it.each([
    "#!/bin/sh\nnode x",
    "#!/usr/bin/env bash",
    "node",
    "\n#!/usr/bin/env node",
    "#!/usr/bin/env nodemon",
    "#!",
  ])("that begins with %s is none", (text) => {
    expect(languageOf("bin/tool", text)).toBeUndefined();
  });

  it("is asked for of every text that is compared", () => {
    const [before, after, base] = ["#!/usr/bin/env node", "#!/usr/bin/env python3", "#!/usr/bin/env tsx"];
    const files = [
      { path: "a", before, after, base },
      { path: "b.go", before: null, after: "" },
    ];
    expect(languagesOf(files)).toEqual(new Set(["javascript", "python", "typescript", "go"]));
  });
});

describe("a test of any kind", () => {
  it.each(["src/a.test.ts", "typetest/A.tst.ts", "src/a.tst.tsx", "types/a.test-d.ts", "a.test-d.mts"])(
    "is %s",
    (path) => expect(isAnyTest(path)).toBe(true),
  );

  it.each([
    "src/a.ts",
    "src/tst.ts",
    "src/a-tst.ts",
    "typetest/a.ts",
    "a.test-d.js",
    "a.tst.ts/b.ts",
    "a.test-data.ts",
  ])("is not %s", (path) => expect(isAnyTest(path)).toBe(false));

  it("is a test of types alone no more than that: documentation and coverage are asked of it", () => {
    expect([isTestFile("a.tst.ts"), isCodeFile("a.tst.ts")]).toEqual([false, true]);
  });
});

describe("a test", () => {
  it.each([
    "test/a.ts",
    "packages/x/tests/a.js",
    "src/__tests__/a.tsx",
    "spec/a.js",
    "src/a.test.ts",
    "src/a.spec.mjs",
    "test_a.py",
    "pkg/test_a.py",
    "pkg/a_test.go",
    "pkg/a_test.py",
    "test_a.c",
    "lib/test_a.cpp",
    "lib/a_test.c",
  ])("is %s", (path) => {
    expect(isTestFile(path)).toBe(true);
    expect(isCodeFile(path)).toBe(false);
  });

  it.each([
    "src/test.ts",
    "src/contest/a.ts",
    "src/testing.ts",
    "src/latest.ts",
    "src/protest_a.py",
    "test_a.js",
    "test_a.h",
    "a.testing.ts",
  ])("is not %s", (path) => {
    expect(isTestFile(path)).toBe(false);
    expect(isCodeFile(path)).toBe(true);
  });

  it("is no code, and neither is a file of no measured language", () => {
    expect(isCodeFile("docs/a.md")).toBe(false);
  });
});
