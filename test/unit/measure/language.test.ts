import { describe, expect, it } from "vitest";
import { isCodeFile, isTestFile, languageOf } from "../../../src/measure/language.js";

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
  ])("of %s is %s", (path, language) => {
    expect(languageOf(path)).toBe(language);
  });

  it.each(["README", "src.ts/README", "a.json", ".ts/x", "Makefile", "a.", "a.d"])("of %s is none", (path) => {
    expect(languageOf(path)).toBeUndefined();
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
