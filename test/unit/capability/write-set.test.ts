import { describe, expect, it } from "vitest";
import {
  compileWriteSet,
  isSubsetOf,
  mayOverlap,
  patternCanMatch,
  uncoveredEntry,
} from "../../../src/capability/write-set.js";

const has = (entry: string, path: string): boolean => compileWriteSet([entry]).has(path);

describe("a write set", () => {
  it("names exactly the files it lists", () => {
    const set = compileWriteSet(["src/a.ts", "test/a.test.ts"]);
    expect(set.has("src/a.ts")).toBe(true);
    expect(set.has("src/A.ts")).toBe(false);
    expect(set.has("src/a.ts/b")).toBe(false);
    expect(set.has("src")).toBe(false);
    expect(set.has("")).toBe(false);
  });

  it("is empty when it lists nothing", () => {
    expect(compileWriteSet([]).has("a")).toBe(false);
    expect(compileWriteSet([]).matchesNothing).toBe(true);
    expect(compileWriteSet(["a"]).matchesNothing).toBe(false);
    expect(compileWriteSet(["a//b", "!a"]).matchesNothing).toBe(true);
  });

  it.each([
    ["src/a/b.ts", "src", true],
    ["src/a/b.ts", "src/a", true],
    ["src/a/b.ts", "sr", false],
    ["src/a/b.ts", "src/a/b.ts", false],
    ["src/*/x.ts", "src/a", true],
    ["src/*/x.ts", "src/a/x.ts", false],
    ["src/*/x.ts", "src/a/b", false],
    ["src/*/x.ts", "lib/a", false],
    ["src/*/x.ts", "SRC", false],
    ["src/**", "src/a/b/c", true],
    ["**/x.ts", "a/b", true],
    ["src/*", "lib", false],
    ["src/*", "src", true],
  ])("of %s leads to a file below %s: %s", (entry, folder, expected) => {
    expect(compileWriteSet([entry]).leadsTo(folder)).toBe(expected);
  });

  it.each([
    ["src/*.ts", "src/a.ts", true],
    ["src/*.ts", "src/.ts", true],
    ["src/*.ts", "src/a/b.ts", false],
    ["src/*.ts", "lib/src/a.ts", false],
    ["src/*", "src/.hidden", true],
    ["src/**", "src/a", true],
    ["src/**", "src/a/b/c.ts", true],
    ["src/**", "src", false],
    ["src/**", "srcx/a", false],
    ["**", "a/b/c", true],
    ["**/x.ts", "x.ts", true],
    ["**/x.ts", "a/b/x.ts", true],
    ["**/x.ts", "a/b/xx.ts", false],
    ["a/**/b/*.c", "a/b/x.c", true],
    ["a/**/b/*.c", "a/q/r/b/x.c", true],
    ["a/**/b/*.c", "a/q/r/x.c", false],
    ["a/**/**/b", "a/b", true],
    ["src/?.ts", "src/a.ts", true],
    ["src/?.ts", "src/ab.ts", false],
    ["src/[a-c].ts", "src/b.ts", true],
    ["src/[a-c].ts", "src/d.ts", false],
    ["src/[!a-c].ts", "src/d.ts", true],
    ["src/[!a-c].ts", "src/a.ts", false],
    ["src/{a,b}/*.ts", "src/b/x.ts", true],
    ["src/{a,b}/*.ts", "src/c/x.ts", false],
    ["src/{a,{b,c}d}.ts", "src/cd.ts", true],
    ["a*b*c", "axxbyyc", true],
    ["a*b*c", "axxbyy", false],
    ["a**c", "abc", true],
    ["a**c", "ab/c", false],
  ])("entry %s and path %s: %s", (entry, path, expected) => {
    expect(has(entry, path)).toBe(expected);
  });

  it("takes parentheses, plus, at and bang for what they are", () => {
    for (const name of ["app/(group)/page.tsx", "src/a+b.ts", "packages/@scope/x.ts", "src/!x.ts"]) {
      expect(has(name, name)).toBe(true);
    }
    expect(has("app/(group)/*.tsx", "app/(group)/page.tsx")).toBe(true);
    expect(has("app/(group)/*.tsx", "app/group/page.tsx")).toBe(false);
    expect(has("src/+(a)/*", "src/aa/x")).toBe(false);
  });

  it("lets an entry with brackets also name the file of exactly that name", () => {
    expect(has("app/[id]/page.tsx", "app/[id]/page.tsx")).toBe(true);
    expect(has("app/[id]/page.tsx", "app/i/page.tsx")).toBe(true);
  });

  it("never takes the path for a pattern", () => {
    const set = compileWriteSet(["src/a.ts"]);
    expect(set.has("src/*")).toBe(false);
    expect(set.has("**")).toBe(false);
    expect(set.has("{src/a.ts,x}")).toBe(false);
  });

  it("keeps alternatives with a common beginning apart", () => {
    const set = compileWriteSet(["src/mod-1-*.ts", "src/mod-2-*.ts", "src/mod-1-*.ts", "src/mod-1-*", "**/*.md"]);
    expect(set.has("src/mod-1-a.ts")).toBe(true);
    expect(set.has("src/mod-2-a.ts")).toBe(true);
    expect(set.has("src/mod-2-a.js")).toBe(false);
    expect(set.has("src/mod-1-a.js")).toBe(true);
    expect(set.has("docs/x/y.md")).toBe(true);
    expect(set.has("src")).toBe(false);
  });

  it("tells patterns apart whose beginnings or ends are of one length", () => {
    const set = compileWriteSet(["ab*", "cd*", "*ef", "*gh"]);
    for (const name of ["abx", "cdx", "xef", "xgh", "ab", "gh"]) expect(set.has(name), name).toBe(true);
    for (const name of ["adx", "xeh", "a", "h", "xab", "efx"]) expect(set.has(name), name).toBe(false);
  });

  it("takes no character for the beginning and the end at once", () => {
    expect(has("aba*ba", "aba")).toBe(false);
    expect(has("aba*ba", "ababa")).toBe(true);
    expect(has("ab?", "ab")).toBe(false);
  });

  it("answers at once on patterns and paths made to backtrack", () => {
    const evil = `src/${"*a".repeat(200)}b`;
    expect(has(evil, `src/${"a".repeat(4_000)}`)).toBe(false);
    const deep = `${"**/a/".repeat(60)}z`;
    expect(has(deep, `${"a/".repeat(1_000)}y`)).toBe(false);
    expect(has(`{${"a,".repeat(300)}b}/x`, "b/x")).toBe(false);
    expect(has("{a,b}".repeat(20), "a".repeat(20))).toBe(false);
  });
});

describe("a pattern that can match nothing", () => {
  it.each([
    "",
    "/abs",
    "a//b",
    "a/./b",
    "a/../b",
    "./a",
    "../a",
    "a/",
    "src/.git/config",
    ".GIT/*",
    "src/a.",
    "src/a ",
    "src/*.",
    "src\\a",
    "src/a\n",
    "src/\0",
    "!src/a",
    "src/[a",
    "src/a]",
    "src/{a",
    "src/a}",
    "src/{a}",
    "cafe\u0301.ts",
    "x".repeat(4_097),
    "\u00e9".repeat(2_049),
    `{${"a,".repeat(300)}b}`,
    `${"a/".repeat(300)}*`,
  ])("%j is one", (pattern) => {
    expect(patternCanMatch(pattern)).toBe(false);
  });

  it.each(["src/a.ts", "src/*", "**", "src/**/x", "{a,b}/c", "src/[ab].ts", "caf\u00e9.ts", "a.b/c"])(
    "%j is none",
    (pattern) => {
      expect(patternCanMatch(pattern)).toBe(true);
    },
  );
});

describe("a child write set", () => {
  it.each([
    [["src/a.ts"], ["src/a.ts", "src/b.ts"], true],
    [["src/a.ts"], ["src/*.ts"], true],
    [["src/a.ts"], ["lib/*.ts"], false],
    [[], [], true],
    [["src/*.ts"], ["src/*.ts"], true],
    [["src/*.test.ts"], ["src/*.ts"], true],
    [["src/*.ts"], ["src/*.test.ts"], false],
    [["src/a/*.ts"], ["src/**"], true],
    [["src/a/**"], ["src/**"], true],
    [["src/**"], ["src/a/**"], false],
    [["**"], ["src/**"], false],
    [["src/**/x.ts"], ["src/**/*.ts"], true],
    [["src/**/x.ts"], ["src/*/x.ts"], false],
    [["src/{a,b}.ts"], ["src/a.ts", "src/b.ts"], false],
    [["src/{a,b}.ts"], ["src/*.ts"], true],
    [["src/{a,c}.ts"], ["src/{a,b}.ts"], false],
    [["src/[ab].ts"], ["src/?.ts"], false],
    [["src/[ab].ts"], ["src/*.ts"], true],
    [["src/?.ts"], ["src/[ab].ts"], false],
    [["a*"], ["*a"], false],
    [["src/{a"], ["src/**"], false],
    [["src/**"], ["**"], true],
    [["**"], ["**"], true],
    [["a/**"], ["a/*"], false],
    [["a/b/../../c"], ["a/**"], true],
    [["src/*.ts"], ["src/?.ts"], false],
    [["src/[xb]*"], ["src/[xb]*b*"], false],
    [["src/a[xb]*"], ["src/a*b*"], false],
    [["src/{aa,b}"], ["src/?a*"], false],
    [["src/{ab,{b,c}d}"], ["src/?a*"], false],
    [["src/[!a]"], ["src/[!!]"], false],
  ])("%j within %j: %s", (child, parent, expected) => {
    expect(isSubsetOf(child, parent)).toBe(expected);
  });

  it("is told which entry reaches beyond", () => {
    expect(uncoveredEntry(["src/a.ts", "etc/x", "etc/y"], ["src/**"])).toBe("etc/x");
  });
});

describe("two write sets", () => {
  it.each([
    [["a"], ["b"], false],
    [["a"], ["a"], true],
    [["src/*.ts"], ["src/a.ts"], true],
    [["src/a.ts"], ["src/*.ts"], true],
    [["src/a*"], ["src/b*"], false],
    [["src/a*"], ["src/*b"], true],
    [["src/*.ts"], ["src/*.js"], false],
    [["src/**"], ["test/**"], false],
    [["src/**"], ["**/x"], true],
    [["**/x"], ["src/**"], true],
    [["src/*/x"], ["src/a/*"], true],
    [["src/*/x"], ["src/a/b/*"], false],
    [["**"], ["a/b/c"], true],
    [["src/[ab]"], ["src/[cd]"], true],
    [[], ["**"], false],
  ])("%j and %j may overlap: %s", (left, right, expected) => {
    expect(mayOverlap(left, right)).toBe(expected);
    expect(mayOverlap(right, left)).toBe(expected);
  });
});
