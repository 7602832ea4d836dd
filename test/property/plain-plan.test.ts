import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadPlan } from "../../src/plan/load-plan.js";
import { hasErrors } from "../../src/plan/plan-fault.js";
import type { isPlainPlan } from "../../src/surface/check/single/plain-plan.js";
import { PLANS } from "../unit/surface/check/plans.js";

const CHECK = readFileSync(fileURLToPath(new URL("../../dist/check.mjs", import.meta.url)), "latin1");

/** A script of the single file, as the build put it there. */
function script<T>(name: string): T {
  const text = new RegExp(`\n//worknode-part ${name} (.*)\n`).exec(CHECK)?.[1] ?? "";
  return new Script(text).runInThisContext() as T;
}

type Plans = (loadExpressions: () => unknown) => { isPlainPlan: typeof isPlainPlan };
const plain = script<Plans>("plans.js")(() => script<() => unknown>("expressions.js")()).isPlainPlan;

/** What is plainly a plan is one for the whole linter. Answers whether it plainly is. */
function agree(text: string, path: string): boolean {
  if (!plain(text, path)) return false;
  const { plan, faults } = loadPlan(text, path);
  expect({ text, isPlan: plan !== undefined, errors: hasErrors(faults) ? faults : [] }).toEqual({
    text,
    isPlan: true,
    errors: [],
  });
  return true;
}

const texts = Object.entries(PLANS).map(([file, path]) => [readFileSync(file, "utf8"), path] as const);

/** Words of one plan that another rule of the linter looks at each. */
const FOUND = /[\w.*/-]+/g;
const PUT: readonly string[] = [
  "LC-001 LC-999 planner implementer nobody local build-1 execute Read WriteX deploy .git/x docs/x.md src/** /abs a//b",
  "src/a.ts sh run.sh -c .env coverage/x plans/x 0 1 7 9 61 0.9 1.5 30m 3h x true false off human auditor elevated",
  "tests documentation Nowhere/City UTC result.x inputs.nothing matches TEST_FAILED REPORT",
].flatMap((row) => row.split(" "));

describe("a plan that is plainly one", () => {
  it.each(texts)("is each that worknode ships", (text, path) => {
    expect(agree(text, path)).toBe(true);
    expect(agree(text.replaceAll("\n", "\r\n"), path)).toBe(true);
  });

  it.each([
    ["its own file in a whitelist", "plans/minimal.yaml", "docs/overview.md", "plans/minimal.yaml"],
    ["an unknown owner", "plans/minimal.yaml", "owner: implementer", "owner: nobody"],
    ["an unknown tool", "plans/linkcheck.yaml", "tools: [Read", "tools: [Reed"],
    ["an unknown zone", "plans/linkcheck.yaml", "Europe/Berlin", "Europe/Nowhere"],
    ["an expression of an unknown name", "plans/linkcheck.yaml", "phases.execute.status", "phases.executed.status"],
    ["an expression of another type", "plans/linkcheck.yaml", "now.hour >= 15", "now.hour >= 'x'"],
    ["looser limits", "plans/linkcheck.yaml", "maxComplexity: 7", "maxComplexity: 9"],
    ["a shell", "plans/linkcheck.yaml", "[node, --version]", "[sh, -c, node]"],
    ["a circle", "plans/linkcheck.yaml", "needs: [LC-000]", "needs: [LC-003]"],
  ])("is none with %s", (_what, file, from, to) => {
    const text = readFileSync(file, "utf8");
    expect(text).toContain(from);
    const other = text.replace(from, to);
    expect(hasErrors(loadPlan(other, file).faults)).toBe(true);
    expect(plain(other, file)).toBe(false);
  });

  it("is never one that the linter refuses, whatever is changed", () => {
    const word = fc.constantFrom(...PUT);
    const place = fc.tuple(fc.nat(), word, fc.boolean());
    let taken = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...texts),
        fc.array(place, { minLength: 1, maxLength: 2 }),
        ([text, path], changes) => {
          const changed = changes.reduce(
            (now, [at, put, line]) => (line ? without(now, at) : exchange(now, at, put)),
            text,
          );
          if (agree(changed, path)) taken += 1;
        },
      ),
      { numRuns: 120 },
    );
    expect(taken).toBeGreaterThan(15);
  });
});

/** One word for another. */
function exchange(text: string, at: number, put: string): string {
  const words = [...text.matchAll(FOUND)];
  const found = words[at % words.length];
  if (found === undefined) return text;
  return `${text.slice(0, found.index)}${put}${text.slice(found.index + found[0].length)}`;
}

/** One line less. */
function without(text: string, at: number): string {
  const lines = text.split("\n");
  return lines.toSpliced(at % lines.length, 1).join("\n");
}
