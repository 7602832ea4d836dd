import { describe, expect, it } from "vitest";
import { placeReport } from "../../../../src/measure/report/coverage-place.js";
import type { FileCoverage, FileNaming } from "../../../../src/measure/report/coverage-report.js";

const file = (hits: number): FileCoverage => ({ lines: new Map([[1, hits]]), functions: [] });

/** Hits of the first line by path, `?` for what is unclear; a text when the report is refused. */
function place(
  naming: FileNaming,
  named: Record<string, number>,
  files: readonly string[],
  from: { readonly roots?: readonly string[]; readonly report?: string } = {},
): unknown {
  const report = {
    files: new Map(Object.entries(named).map(([name, hits]) => [name, file(hits)])),
    naming,
    roots: from.roots ?? [],
  };
  const placed = placeReport(report, { root: "/repo", files, ...from });
  if (!placed.ok) return placed.error;
  const figures = [...placed.value.files].map(([path, { lines }]) => [path, lines.get(1)]);
  return Object.fromEntries([...figures, ...[...placed.value.unclear].map((path) => [path, "?"])]) as unknown;
}

describe("a report that names files by path", () => {
  it.each(["/repo/src/a.js", "./src/a.js", "src/a.js", "src//lib/../a.js", "/repo/../repo/src/a.js"])(
    "finds one of the tree by %s",
    (name) => expect(place("path", { [name]: 1 }, ["src/a.js", "b.js"])).toEqual({ "src/a.js": 1 }),
  );

  it("adds up a file it names in two ways", () => {
    expect(place("path", { "./a.js": 1, "/repo/a.js": 2 }, ["a.js"])).toEqual({ "a.js": 3 });
  });

  it("is read from its roots, relative, absolute or empty", () => {
    for (const root of ["/repo/pkg", "pkg", "/repo/other/../pkg/", "./pkg"])
      expect(place("path", { "a.py": 1 }, ["a.py", "pkg/a.py"], { roots: [root] })).toEqual({ "pkg/a.py": 1 });
    expect(place("path", { "a.py": 1 }, ["a.py", "pkg/a.py"], { roots: [""] })).toEqual({ "a.py": 1 });
    expect(place("path", { "b.py": 1 }, ["lib/b.py", "pkg/a.py"], { roots: ["/repo/pkg", "/repo/lib"] })).toEqual({
      "lib/b.py": 1,
    });
  });

  it("may be one of a package, which names files from the package's folder", () => {
    const report = "packages/one/coverage/lcov.info";
    const own = ["packages/one/src/a.js", "packages/two/src/a.js"];
    expect(place("path", { "src/a.js": 1 }, own, { report })).toEqual({ "packages/one/src/a.js": 1 });
    expect(place("path", { "packages/one/src/a.js": 1 }, own, { report })).toEqual({ "packages/one/src/a.js": 1 });
    expect(place("path", { "src/a.js": 1 }, [...own, "src/a.js"], { report })).toEqual({
      "packages/one/src/a.js": "?",
      "src/a.js": "?",
    });
    expect(place("path", { "src/a.js": 1 }, own, { report, roots: ["packages/two"] })).toEqual({
      "packages/two/src/a.js": 1,
    });
  });

  it("does not say which file it means where its roots have several of a name", () => {
    expect(
      place("path", { "a.py": 5, "b.py": 1 }, ["lib/a.py", "pkg/a.py", "lib/b.py"], { roots: ["pkg", "lib"] }),
    ).toEqual({
      "lib/b.py": 1,
      "pkg/a.py": "?",
      "lib/a.py": "?",
    });
  });

  it("says nothing of what lies outside the tree, wherever its path leads", () => {
    const outside = ["../a.js", "/a.js", "/repository/a.js", "/repo/../a.js", "src/../../repo2/a.js", "a.js\u0000", ""];
    const named = Object.fromEntries(outside.map((name) => [name, 9]));
    expect(place("path", { ...named, "/repo/a.js": 1 }, ["a.js"])).toEqual({ "a.js": 1 });
    expect(place("path", { "../../a.js": 9 }, ["a.js"], { roots: ["/repo/src"] })).toBe(
      "the report names no file of the tree, but for example '../../a.js': it is about other sources",
    );
  });

  it("is not taken for that of another file by the end of its path", () => {
    expect(place("path", { "lib/a.js": 1 }, ["a.js"])).toContain("is about other sources");
  });
});

describe("a report that names files behind their module", () => {
  it("finds the longest path at the end", () => {
    const named = { "example.com/m/a.go": 1, "example.com/m/pkg/a.go": 2, "example.com/m/gone.go": 3 };
    expect(place("module", named, ["a.go", "pkg/a.go"])).toEqual({ "a.go": 1, "pkg/a.go": 2 });
  });

  it("does not say which one it means where two modules have the path", () => {
    expect(place("module", { "example.com/m/pkg/a.go": 1, "example.com/n/pkg/a.go": 2 }, ["pkg/a.go"])).toEqual({
      "pkg/a.go": "?",
    });
  });
});

describe("a report that names files by package", () => {
  it("finds them in the source folder that has them", () => {
    const files = ["src/main/java/com/a/A.java", "src/main/java/com/b/A.java", "B.java"];
    expect(place("package", { "com/a/A.java": 1, "B.java": 2 }, files)).toEqual({
      "src/main/java/com/a/A.java": 1,
      "B.java": 2,
    });
    expect(place("package", { "om/a/A.java": 1 }, files)).toContain("is about other sources");
  });

  it("tells modules apart by the group that is named as their folder", () => {
    const files = ["app/src/a/A.java", "lib/src/a/A.java"];
    expect(place("package", { "app//a/A.java": 1, "lib//a/A.java": 2 }, files)).toEqual({
      "app/src/a/A.java": 1,
      "lib/src/a/A.java": 2,
    });
    const unclear = { "app/src/a/A.java": "?", "lib/src/a/A.java": "?" };
    expect(place("package", { "a/A.java": 1 }, files)).toEqual(unclear);
    expect(place("package", { "other//a/A.java": 1 }, files)).toEqual(unclear);
    expect(place("package", { "x//a/A.java": 1, "y//a/A.java": 2 }, ["a/A.java"])).toEqual({ "a/A.java": "?" });
  });
});
