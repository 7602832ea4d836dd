import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import {
  type DeviationFacts,
  nextAlert,
  planDeviation,
  plannedFinish,
  type TaskProgress,
} from "../../../src/plan/deviation.js";
import { loadPlan } from "../../../src/plan/load-plan.js";

/** The worked examples of notes/coordination.md: weights 1, 3, 5, 3, 1, 2, 2 and a budget of $12. */
const WEIGHTS = [1, 3, 5, 3, 1, 2, 2];

function tasks(change: (task: TaskProgress, index: number) => Partial<TaskProgress> = () => ({})): TaskProgress[] {
  return WEIGHTS.map((weight, index) => {
    const task = {
      id: `LC-00${index}`,
      weight,
      plannedFinishMs: index < 4 ? 100 : 1_000,
      earned: 0,
      started: index < 4,
      spentUsd: 0,
    };
    return { ...task, ...change(task, index) };
  });
}

function facts(more: Partial<DeviationFacts> = {}): DeviationFacts {
  return {
    nowMs: 500,
    tasks: tasks(() => ({ earned: 1 })),
    budgetUsd: 12,
    scope: { changed: 0, union: 17 },
    adherence: { calls: 50, denied: 0 },
    files: { named: 12, foreign: 0 },
    ...more,
  };
}

describe("planDeviation", () => {
  it.each([
    [10.5, 0.125],
    [9, 0.25],
  ])("schedule: %d earned of 12 planned gives %d", (earned, expected) => {
    const missing = 12 - earned;
    const late = facts({ tasks: tasks((task, index) => ({ earned: index === 1 ? 1 - missing / task.weight : 1 })) });
    expect(planDeviation(late)).toMatchObject({ value: expected, components: { schedule: expected } });
  });

  it("schedule: little due work counts against a quarter of the plan, and none planned is n/a", () => {
    const early = facts({ tasks: tasks((_, index) => ({ plannedFinishMs: index === 0 ? 100 : 1_000 })) });
    expect(planDeviation(early).components.schedule).toBe(0.2353);
    expect(planDeviation(facts({ tasks: tasks(() => ({ plannedFinishMs: null })) })).components.schedule).toBeNull();
  });

  it.each([
    [4.4, 0.1028],
    [5.2, 0.1972],
  ])("cost: $%d spent of 3.53 with 8.47 started gives %d", (spentUsd, expected) => {
    const spent = facts({ tasks: tasks((_, index) => ({ earned: 1, spentUsd: index === 2 ? spentUsd : 0 })) });
    expect(planDeviation(spent)).toMatchObject({ value: expected, components: { cost: expected } });
  });

  it("cost: n/a without a budget or before anything started", () => {
    expect(planDeviation(facts({ budgetUsd: null })).components.cost).toBeNull();
    expect(planDeviation(facts({ tasks: tasks(() => ({ started: false })) })).components.cost).toBeNull();
  });

  it.each([
    ["scope", { scope: { changed: 2, union: 19 } }, 0.1053],
    ["scope", { scope: { changed: 3, union: 19 } }, 0.1579],
    ["adherence", { adherence: { calls: 50, denied: 4 } }, 0.08],
    ["adherence", { adherence: { calls: 50, denied: 8 } }, 0.16],
    ["adherence", { adherence: { calls: 9, denied: 9 } }, null],
    ["files", { files: { named: 12, foreign: 2 } }, 0.1667],
    ["files", { files: { named: 0, foreign: 0 } }, null],
  ] as const)("%s of %j is %d", (component, more, expected) => {
    const { value, components } = planDeviation(facts(more));
    expect(components[component]).toBe(expected);
    expect(value).toBe(expected ?? 0);
  });

  it("is the greatest component, not their average", () => {
    const both = facts({ scope: { changed: 3, union: 19 }, files: { named: 12, foreign: 2 } });
    expect(planDeviation(both).value).toBe(0.1667);
  });
});

describe("nextAlert", () => {
  const calm = { alerting: false, toldAt: 0 };
  it("says nothing at 0.1499 and alerts once at 0.15", () => {
    expect(nextAlert(calm, 0.1499)).toEqual({ ...calm, tell: false });
    const raised = nextAlert(calm, 0.15);
    expect(raised).toEqual({ alerting: true, toldAt: 0.15, tell: true });
    expect(nextAlert(raised, 0.15).tell).toBe(false);
  });

  it("tells again on a rise of 0.05, and clears only below 0.12", () => {
    const raised = { alerting: true, toldAt: 0.15 };
    expect(nextAlert(raised, 0.1999).tell).toBe(false);
    expect(nextAlert(raised, 0.2)).toEqual({ alerting: true, toldAt: 0.2, tell: true });
    expect(nextAlert(raised, 0.12).alerting).toBe(true);
    expect(nextAlert(raised, 0.1199)).toEqual({ alerting: false, toldAt: 0, tell: false });
  });

  it("follows a plan's tighter threshold", () => {
    expect(nextAlert(calm, 0.1, 0.1).tell).toBe(true);
    expect(nextAlert({ alerting: true, toldAt: 0.1 }, 0.1, 0.1).alerting).toBe(true);
  });
});

describe("plannedFinish", () => {
  const file = fileURLToPath(new URL("../../../plans/linkcheck.yaml", import.meta.url));
  const { plan } = loadPlan(readFileSync(file, "utf8"), file);
  if (plan === undefined) throw new Error("plans/linkcheck.yaml does not load");
  const start = Date.parse("2027-03-01T00:00:00Z");

  it("takes a task's own deadline, else a forward pass that ends at the plan's", () => {
    const ends = plannedFinish(plan, start);
    expect(ends.get("LC-002")).toBe(Date.parse("2027-03-03T17:00:00+01:00"));
    expect(ends.get("LC-007")).toBe(plan.deadline);
    const of = (id: string): number => ends.get(id) ?? 0;
    // 1 + 5 + 3 + 1 + 2 + 1 + 2 = 15 units on the longest way
    expect(of("LC-000") - start).toBeCloseTo(((plan.deadline ?? 0) - start) / 15, 3);
    expect(of("LC-003")).toBeLessThan(of("LC-004"));
  });

  it("knows no finish without deadlines", () => {
    const ends = plannedFinish({ ...plan, deadline: null }, start);
    expect(ends.get("LC-007")).toBeNull();
    expect(ends.get("LC-002")).not.toBeNull();
  });
});
