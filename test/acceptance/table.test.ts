import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string): string => readFileSync(`${ROOT}${path}`, "utf8");

/** A row of docs/acceptance.md. */
interface Row {
  readonly number: number;
  readonly statement: string;
  readonly tests: string;
  readonly broken: string;
}

const rows = read("docs/acceptance.md")
  .split("\n")
  .map((line) => /^\| (\d+) \| (.+?) \| (.+?) \| (.+?) \|$/.exec(line))
  .filter((hit) => hit !== null)
  .map(
    ([, number, statement = "", tests = "", broken = ""]): Row => ({
      number: Number(number),
      statement,
      tests,
      broken,
    }),
  );

/** The statements that were promised so far. */
const span = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const PROMISED = [...span(1, 29), 53, ...span(57, 76), 81, 82, ...span(84, 100), ...span(103, 123), 125, 127];

/** `file`: "name"; "name" … in the cell of tests. */
const namedTests = (cell: string): { file: string; names: string[] }[] =>
  cell.split("<br>").map((part) => ({
    file: /`([^`]+)`/.exec(part)?.[1] ?? "",
    names: [...part.matchAll(/“([^”]+)”/g)].map((hit) => hit[1] ?? ""),
  }));

describe("docs/acceptance.md", () => {
  it("has one row for each promised statement, in order, and no other", () => {
    expect(rows.map(({ number }) => number)).toEqual(PROMISED);
  });

  it.each(rows)("$number names tests that exist, and what was broken to see them fail", ({ tests, broken }) => {
    if (tests.startsWith("not held: ")) return expect(broken).toBe("-");
    for (const { file, names } of namedTests(tests)) {
      expect(file).toMatch(/^test\/.*\.test\.ts$/);
      expect(names.length).toBeGreaterThan(0);
      const text = read(file).replaceAll("\\`", "`");
      for (const name of names) expect(text, `${file} has no test ${name}`).toContain(name);
    }
    for (const [, path = ""] of broken.matchAll(/`(src\/[^`:]+)/g))
      expect(existsSync(`${ROOT}${path}`), path).toBe(true);
    expect(broken).toMatch(/`src\/|^not yet$/);
  });
});
