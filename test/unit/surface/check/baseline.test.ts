import { describe, expect, it } from "vitest";
import type { CheckFinding } from "../../../../src/schema/check-report.js";
import { beyondBaseline, nextBaseline } from "../../../../src/surface/check/baseline.js";

function finding(name: string, figure: number, rule = "max-complexity"): CheckFinding {
  const what = { code: "C", severity: "error", file: "a.ts", line: 1, limit: 8, message: "m", remedy: "r" } as const;
  return { ...what, rule, function: name, figure };
}

/** `function count figure` of each entry. */
function entriesOf(baseline: ReturnType<typeof nextBaseline>): string[] {
  return baseline.entries.map(({ function: name, count, figure }) => `${name} ${count} ${figure}`);
}

describe("a baseline", () => {
  const first = nextBaseline([finding("a", 10), finding("a", 12), finding("b", 9)], undefined);

  it("holds everything that is found at first", () => {
    expect(entriesOf(first)).toEqual(["a 2 12", "b 1 9"]);
  });

  it("lets pass as many findings as it holds, none worse, and none of another rule", () => {
    expect(beyondBaseline([finding("a", 12), finding("a", 11)], first)).toEqual([]);
    expect(beyondBaseline([finding("a", 12), finding("a", 11), finding("a", 9)], first)).toEqual([finding("a", 9)]);
    expect(beyondBaseline([finding("a", 13)], first)).toEqual([finding("a", 13)]);
    const other = finding("a", 9, "max-function-lines");
    expect(beyondBaseline([other], first)).toEqual([other]);
  });

  it("written again drops what was mended, lowers counts and figures, and raises or adds nothing", () => {
    const better = nextBaseline([finding("a", 11), finding("c", 20)], first);
    expect(entriesOf(better)).toEqual(["a 1 11"]);
    expect(entriesOf(nextBaseline([finding("a", 15), finding("a", 15), finding("b", 9)], better))).toEqual(["a 1 11"]);
  });
});
