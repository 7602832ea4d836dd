import { type DataPath, error, type Finding } from "../plan-fault.js";
import { knownNames, type LintRule, type LintSubject } from "./subject.js";

/** Findings for names used twice; `entries` are names with their places. */
function duplicates(what: string, entries: readonly { name: string; path: DataPath }[]): Finding[] {
  const seen = new Set<string>();
  return entries.flatMap(({ name, path }) => {
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    return [error(path, "duplicate-id", `${what} '${name}' is there more than once`)];
  });
}

/** Two phases, tasks, steps, policies or triggers of one name. */
export const findDuplicates: LintRule = ({ plan, tasks }) => [
  ...duplicates(
    "phase",
    plan.phases.map((phase, index) => ({ name: phase.id, path: ["phases", index, "id"] })),
  ),
  ...duplicates(
    "task",
    tasks.map(({ task, path }) => ({ name: task.id, path: [...path, "id"] })),
  ),
  ...tasks.flatMap(({ task, path }) =>
    duplicates(
      "step",
      task.steps.map((step, index) => ({ name: step.id, path: [...path, "steps", index, "id"] })),
    ),
  ),
  ...duplicates(
    "policy",
    plan.approval.policies.map((policy, index) => ({ name: policy.id, path: ["approval", "policies", index, "id"] })),
  ),
  ...duplicates(
    "trigger",
    plan.triggers.map((trigger, index) => ({ name: trigger.name, path: ["triggers", index, "name"] })),
  ),
  ...tasks.flatMap(({ task, path }) =>
    duplicates(
      "target",
      (task.action?.targets ?? []).map((name, index) => ({ name, path: [...path, "action", "targets", index] })),
    ),
  ),
];

/** A name that must be one of `known`. */
export function unknownName(
  path: DataPath,
  what: "owner" | "agent" | "task" | "phase" | "target" | "tool",
  name: string,
  known: ReadonlySet<string>,
): Finding[] {
  if (known.has(name)) return [];
  return [error(path, `unknown-${what}`, `unknown ${what} '${name}'${knownNames(known)}`)];
}

function unknownInTask({ known }: LintSubject, { task, path }: LintSubject["tasks"][number]): Finding[] {
  const steps = task.steps.flatMap((step, index) =>
    step.kind === "agent" ? unknownName([...path, "steps", index, "agent"], "agent", step.agent, known.agents) : [],
  );
  return [
    ...unknownName([...path, "owner"], "owner", task.owner, known.agents),
    ...task.needs.flatMap((id, index) => unknownName([...path, "needs", index], "task", id, known.tasks)),
    ...task.decides.flatMap((id, index) => unknownName([...path, "decides", index], "task", id, known.tasks)),
    ...(task.action?.targets ?? []).flatMap((id, index) =>
      unknownName([...path, "action", "targets", index], "target", id, known.targets),
    ),
    ...steps,
  ];
}

/** Owners, agents, tasks, phases and targets that the plan does not have. */
export const findUnknownNames: LintRule = (subject) => {
  const { plan, known } = subject;
  const phases = plan.phases.flatMap((phase, index) =>
    phase.needs.flatMap((id, need) => unknownName(["phases", index, "needs", need], "phase", id, known.phases)),
  );
  const waivers = plan.waivers.flatMap((waiver, index) =>
    waiver.tasks.flatMap((id, at) => unknownName(["waivers", index, "tasks", at], "task", id, known.tasks)),
  );
  const tiers = Object.entries(plan.tiers).flatMap(([tier, name]) =>
    name === undefined ? [] : unknownName(["tiers", tier], "agent", name, known.agents),
  );
  const canary = plan.rollout.canary?.target;
  const target =
    canary === undefined ? [] : unknownName(["rollout", "canary", "target"], "target", canary, known.targets);
  return [
    ...phases,
    ...subject.tasks.flatMap((entry) => unknownInTask(subject, entry)),
    ...waivers,
    ...tiers,
    ...target,
  ];
};
