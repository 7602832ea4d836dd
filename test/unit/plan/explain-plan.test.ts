import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { explainPlan } from "../../../src/plan/explain-plan.js";
import { durationText } from "../../../src/plan/explain-setting.js";
import { loadPlan } from "../../../src/plan/load-plan.js";
import type { Plan } from "../../../src/schema/plan.js";

const read = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../../plans/${name}`, import.meta.url)), "utf8");

function load(text: string): Plan {
  const { plan } = loadPlan(text, "plan.yaml");
  if (plan === undefined) throw new Error("the plan does not load");
  return plan;
}

const plan = load(read("linkcheck.yaml"));
const text = explainPlan(plan);

describe("explainPlan", () => {
  it("prints every command as its argument list", () => {
    const commands = [...read("linkcheck.yaml").matchAll(/(?:compile|lint|test|command): (\[[^\]]+\])/g)].map(
      (match) => match[1] ?? "",
    );
    expect(commands.length).toBeGreaterThan(8);
    for (const command of commands) {
      const argv = command
        .slice(1, -1)
        .split(",")
        .map((part) => part.trim());
      expect(text).toContain(JSON.stringify(argv));
    }
  });

  it("prints every condition, error, remedy and branch", () => {
    for (const part of [
      "tasks['LC-000'].status == 'DONE' and files.exist('docs/DESIGN.md')",
      '"Cannot execute without a plan", then stop',
      '"The README is not sound Markdown", then continue',
      "prints /^v2[0-9]\\./",
      '"Node 20 or newer is needed" (Install it from nodejs.org), then stop',
      "only if ${{ has(steps.write.outputs.newDependency) }}, else skipped",
      "only if tasks['LC-003'].status == 'DONE', else SKIPPED",
      "decided by auditor and human",
      "back to the agent step before, at most 1 time(s)",
      "SKIPPED when one of LC-001, LC-002 was skipped",
      "a decision must be recorded",
      "output client = ${{ result.client }}",
      "with design = ${{ files.read('docs/DESIGN.md') }}",
      "transient failures: 3 attempts, 500ms apart, times 2, at most 4s",
      "decides on LC-001, LC-002, LC-003, LC-004: a REJECT opens a rework task, at most twice",
      "action teardown on build-1, build-2 (destructive); a failure: fail-fast",
      "and a confirmation token for this run, 10m",
      "coverage/lcov.info (lcov), at least 0.97",
    ]) {
      expect(text).toContain(part);
    }
  });

  it("names every task, step, agent, policy, waiver, trigger, target and input", () => {
    const names = [
      ...plan.phases.flatMap((phase) => [
        phase.title,
        ...phase.tasks.flatMap((task) => [task.id, task.title, ...task.steps.map((step) => step.id)]),
      ]),
      ...Object.keys(plan.agents),
      ...Object.keys(plan.inputs),
      ...plan.approval.policies.map((policy) => `${policy.id} (${policy.level})`),
      ...plan.waivers.map((waiver) => waiver.reason),
      ...plan.triggers.map((trigger) => trigger.name),
      "build-1.internal",
      "secrets/**",
      "NO_COLOR=1",
      "6h before: SPAWN_AGENT firefighter",
      "on COMPILATION_FAILED, 2 times in a row: SPAWN_AGENT debugger",
      "every 2h: ESCALATE to executive",
      "at 0 9 * * 1-5 (America/New_York): SPAWN_AGENT reviewer for at most 30m",
      "canary, only deploy on build-1",
      "only Read, Glob, Grep, Write, submit_result, submit_verdict",
      "team/maintainers, never who did the work",
      "Deadline: 2027-03-05T16:00:00.000Z",
      "$12, 4000000 tokens, 6h, at most 4 agents at once",
    ];
    for (const name of names) expect(text).toContain(name);
  });

  it("says the same twice, and explains a plan of ten lines", () => {
    expect(explainPlan(plan)).toBe(text);
    const small = explainPlan(load(read("minimal.yaml")));
    expect(small).toContain("1. implementer does it");
    expect(small).toContain("no bound on money, no bound on tokens");
    expect(small).not.toContain("Rollout");
  });

  it("explains what the plan with every part does otherwise", () => {
    const other = load(
      read("linkcheck.yaml")
        .replace("then: retry, max: 1", "then: stop")
        .replace("provide: Install it from nodejs.org, then: stop", "then: retry, max: 2")
        .replace("  env: {", "  toolchains: [/usr/local]\n  env: {")
        .replace("network: true", "network: false")
        .replace("timeout: 10s }", "timeout: 10s }".replace("timeout", "timeout"))
        .replace('stdout: "^v2[0-9]\\\\."', 'stderr: "^$"')
        .replace("title: linkcheck -", "description: What it is for.\ntitle: linkcheck -"),
    );
    const words = explainPlan(other);
    for (const part of [
      "the task stops",
      "try again at most 2 time(s), then stop",
      "Toolchains: /usr/local",
      "without network",
      "on standard error",
      "What it is for.",
    ]) {
      expect(words).toContain(part);
    }
  });
});

describe("durationText", () => {
  it.each([
    [500, "500ms"],
    [1_000, "1s"],
    [90_000, "90s"],
    [5_400_000, "90m"],
    [7_200_000, "2h"],
    [172_800_000, "2d"],
  ])("%d ms is %s", (ms, expected) => {
    expect(durationText(ms)).toBe(expected);
  });
});
