import { describe, expect, it } from "vitest";
import { changedLines } from "../../../src/measure/changed-lines.js";

const diff = (before: string | null, after: string): number[] => [...changedLines(before, after)];

describe("changed lines", () => {
  it("are all lines of a new file", () => {
    expect(diff(null, "a\nb\n")).toEqual([1, 2]);
    expect(diff("", "a\nb")).toEqual([1, 2]);
    expect(diff(null, "")).toEqual([]);
  });

  it("are none where nothing changed, whatever ends the lines", () => {
    expect(diff("a\nb\n", "a\nb\n")).toEqual([]);
    expect(diff("a\r\nb\r\n", "a\nb")).toEqual([]);
  });

  it("are those added, changed or moved", () => {
    expect(diff("a\nb\nc", "a\nx\nb\nc")).toEqual([2]);
    expect(diff("a\nb\nc", "a\nB\nc")).toEqual([2]);
    expect(diff("a\nb\nc", "a\nc")).toEqual([]);
    expect(diff("a\nb\nc\nd", "b\nc\nd\na")).toEqual([4]);
    expect(diff("a\nb\nc\nd\ne", "x\nb\ny\nd\nz")).toEqual([1, 3, 5]);
    expect(diff("a\na\nb", "a\na\na\nb")).toEqual([3]);
  });

  it("of a very large middle are those the old text does not hold", () => {
    const rows = (from: number, count: number): string[] =>
      Array.from({ length: count }, (_, at) => `line ${from + at}`);
    const before = ["start", ...rows(0, 2_500), "end"].join("\n");
    const after = ["START", ...rows(1, 2_400), "new", "END"].join("\n");
    expect(diff(before, after)).toEqual([1, 2_402, 2_403]);
  });
});
