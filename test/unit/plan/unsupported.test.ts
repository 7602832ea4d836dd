import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { loadPlan } from "../../../src/plan/load-plan.js";
import { unsupported } from "../../../src/plan/unsupported.js";

const read = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../../plans/${name}`, import.meta.url)), "utf8");

function partsOf(text: string): { line: string; column: number; part: string; instead: string; code: string }[] {
  const { plan } = loadPlan(text, "plan.yaml");
  if (plan === undefined) throw new Error("the plan does not load");
  return unsupported(plan).map((fault) => ({
    line: (text.split("\n")[fault.line - 1] ?? "").trim(),
    column: fault.column,
    part: fault.message.split(": not supported yet. ")[0] ?? "",
    instead: fault.message.split(": not supported yet. ")[1] ?? "",
    code: fault.code,
  }));
}

describe("unsupported", () => {
  it("names every part of a plan that cannot be run yet at its own line", () => {
    const parts = partsOf(read("linkcheck.yaml"));
    const lineOf = (part: string): string[] => parts.filter((each) => each.part === part).map((each) => each.line);
    expect(lineOf("remote targets")).toHaveLength(2);
    expect(lineOf("rollout.canary")[0]).toContain("canary:");
    expect(lineOf("rollout.promotion")[0]).toContain("promotion:");
    expect(lineOf("actions on targets")).toHaveLength(2);
    expect(lineOf("approval of a task's action")[0]).toContain("confirmationToken");
    expect(lineOf("triggers")).toHaveLength(6);
    for (const { code, column, instead } of parts)
      expect([code, column > 0, instead.length > 10]).toEqual(["not-supported-yet", true, true]);
  });

  it.each([["a local target's workdir other than '.'", "workdir: .", "workdir: packages/a"]])(
    "%s",
    (part, from, to) => {
      expect(partsOf(read("linkcheck.yaml").replace(from, to)).map((each) => each.part)).toContain(part);
    },
  );

  it("takes named people and auditors, self-review and overridable policies", () => {
    const named = read("linkcheck.yaml")
      .replace("humans: [team/maintainers]", "humans: [ann, bob@example.com], auditors: [reviewer]")
      .replace("preventSelfReview: true", "preventSelfReview: false");
    const parts = partsOf(named).filter(({ line }) => /reviewers:|overridable/.test(line));
    expect(named).toContain("preventSelfReview: false");
    expect(parts).toEqual([]);
  });

  it("finds nothing in the plans that are shipped to be run", () => {
    expect(partsOf(read("minimal.yaml"))).toEqual([]);
    expect(partsOf(read("demo/plan.yaml"))).toEqual([]);
  });

  it("still refuses a plan that was not loaded from a file, without a place", () => {
    const { plan } = loadPlan(read("linkcheck.yaml"), "plan.yaml");
    if (plan === undefined) throw new Error("the plan does not load");
    expect(unsupported(structuredClone(plan))[0]).toMatchObject({ line: 1, column: 1, code: "not-supported-yet" });
  });
});
