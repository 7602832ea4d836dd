import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { GateFacts } from "../../../src/gate/facts.js";
import { changedLines, type RiskInputs, riskOf, scoreRisk } from "../../../src/gate/risk.js";
import { factsWith, propose, writeOf } from "./samples.js";

const calm: RiskInputs = {
  kind: "write",
  targets: 1,
  files: 1,
  changedLines: 0,
  irreversible: false,
  violatedWithinDay: false,
  rejectedBefore: false,
  stale: false,
};
const lines = (count: number, text = "x"): string =>
  Array.from({ length: count }, (_, index) => `${text}${index}\n`).join("");

describe("the risk score", () => {
  it("is that of the worked examples", () => {
    const write = writeOf("src/parse.ts", lines(120), { before: lines(120, "y") });
    expect(riskOf(write.proposal, write.facts)).toBe(7);
    const manifest = writeOf("package.json", "{}\n");
    expect(riskOf(manifest.proposal, manifest.facts)).toBe(25);
    expect(scoreRisk({ ...calm, kind: "teardown", targets: 2, irreversible: true, files: 0 })).toBe(77);
  });

  it.each<[RiskInputs["kind"], number]>([
    ["read", 0],
    ["write", 5],
    ["create", 10],
    ["command", 15],
    ["network", 20],
    ["sensitive", 25],
    ["deploy", 30],
    ["start", 30],
    ["teardown", 60],
  ])("starts for %s at %i", (kind, base) => {
    expect(scoreRisk({ ...calm, kind })).toBe(base);
  });

  it.each<[string, Partial<RiskInputs>, number]>([
    ["each extra target", { targets: 4 }, 6],
    ["no target", { targets: 0 }, 0],
    ["five files", { files: 5 }, 1],
    ["four files", { files: 4 }, 0],
    ["very many files", { files: 1_000 }, 20],
    ["fifty lines", { changedLines: 50 }, 1],
    ["forty-nine lines", { changedLines: 49 }, 0],
    ["very many lines", { changedLines: 10_000 }, 10],
    ["what cannot be undone", { irreversible: true }, 15],
    ["a violation within a day", { violatedWithinDay: true }, 10],
    ["an earlier rejection", { rejectedBefore: true }, 5],
    ["an old probe", { stale: true }, 10],
  ])("adds for %s", (_, change, added) => {
    expect(scoreRisk({ ...calm, ...change })).toBe(5 + added);
  });

  it("never exceeds 100, and a read stays at 0", () => {
    const all = { targets: 50, files: 500, changedLines: 5_000, irreversible: true, violatedWithinDay: true };
    expect(scoreRisk({ ...calm, ...all, kind: "teardown" })).toBe(100);
    expect(scoreRisk({ ...calm, ...all, kind: "read" })).toBe(0);
  });

  it("takes its inputs from the call and the facts", () => {
    const created = writeOf("src/parse.ts", "a\n", { before: null });
    expect(riskOf(created.proposal, created.facts)).toBe(10);
    expect(riskOf(propose("Bash", { command: "ls" }), factsWith())).toBe(15);
    expect(riskOf(propose("submit_result", { summary: "done" }), factsWith())).toBe(0);
    const action = { kind: "deploy", targets: 3, irreversible: false, probeAgeMs: 60_000 } as const;
    const withAction = (change: Partial<typeof action> | { probeAgeMs: number | null }): number => {
      const risk: GateFacts["risk"] = { ...factsWith().risk, action: { ...action, ...change } };
      return riskOf(propose("submit_result", { summary: "x" }), factsWith({ risk }));
    };
    expect(withAction({})).toBe(34);
    expect(withAction({ probeAgeMs: 60_001 })).toBe(44);
    expect(withAction({ probeAgeMs: null })).toBe(44);
  });
});

describe("changed lines", () => {
  it.each([
    [null, "", 0],
    [null, "a\nb\n", 2],
    ["", "a\nb", 2],
    ["a\nb\nc\n", "a\nb\nc\n", 0],
    ["a\nb\nc\n", "a\nx\nc\n", 1],
    ["a\nb\nc\n", "a\nc\n", 1],
    ["a\nc\n", "a\nb\nb\nc\n", 2],
    ["a\na\na\n", "a\na\n", 1],
    ["a\nb\n", "x\ny\nz\n", 3],
    ["a\nb\n", "", 2],
  ])("of %j to %j are %i", (before, after, count) => {
    expect(changedLines({ path: "x", before, after })).toBe(count);
  });
});

/** As the docstring says it, line by line. */
function changedByLines(before: string, after: string): number {
  const [old, now] = [before, after].map((text) => {
    const lines = text.split("\n");
    if (lines.at(-1) === "") lines.pop();
    return lines;
  }) as [string[], string[]];
  const shorter = Math.min(old.length, now.length);
  let head = 0;
  while (head < shorter && old[head] === now[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && old.at(-1 - tail) === now.at(-1 - tail)) tail += 1;
  return Math.max(old.length, now.length) - head - tail;
}

describe("changed lines of any texts", () => {
  it("are those between the lines they begin and end with alike", () => {
    const text = fc
      .array(fc.constantFrom("a", "b", "\n", "\n\n", "ab"), { maxLength: 8 })
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, text, (before, after) => {
        expect(changedLines({ path: "x", before, after })).toBe(changedByLines(before, after));
      }),
      { numRuns: 20_000 },
    );
  });
});
