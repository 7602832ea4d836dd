import type { Plan } from "../schema/plan.js";
import type { PlanFault } from "./plan-fault.js";

/** Parts of the format that are read and linted, and whose execution comes later: refused at `run`, never ignored. */
export function unsupported(plan: Plan): PlanFault[] {
  const tasks = plan.phases.flatMap((phase) => phase.tasks);
  const parts: [boolean, string][] = [
    [plan.triggers.length > 0, "triggers"],
    [plan.mayExtend.length > 0, "mayExtend"],
    [Object.values(plan.targets).some(({ kind }) => kind === "remote"), "remote targets"],
    [plan.rollout.canary !== undefined || plan.rollout.promotion !== undefined, "rollout.canary and rollout.promotion"],
    [plan.workspace.prepare !== undefined, "workspace.prepare"],
    [tasks.some(({ action }) => action !== undefined), "actions on targets"],
    [tasks.some(({ approval }) => approval !== undefined), "approval of a task's action"],
    [tasks.some(({ retry }) => retry !== undefined), "retry of a task (a model request is retried in any case)"],
    [Object.values(plan.agents).some(({ maxDuration }) => maxDuration !== null), "agents' maxDuration"],
    [plan.approval.reviewers.humans !== undefined || plan.approval.reviewers.auditors !== undefined, "named reviewers"],
    [tasks.some(({ decides }) => decides.length > 0), "decides"],
    [
      plan.approval.policies.some(({ rule, level }) => level === "overridable" && !rule.startsWith("built-in:")),
      "overridable policies",
    ],
    [plan.limits.validation.powerOfTen === "enforce", "powerOfTen: enforce"],
  ];
  return parts
    .filter(([used]) => used)
    .map(([, what]) => ({
      line: 1,
      column: 1,
      code: "not-supported-yet",
      message: `${what}: not supported yet`,
      severity: "error",
    }));
}
