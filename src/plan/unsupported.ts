import type { Plan } from "../schema/plan.js";
import { placeIn } from "./load-plan.js";
import type { DataPath, PlanFault } from "./plan-fault.js";
import { sortFaults } from "./plan-fault.js";

/** A part of the format that is read and linted, and whose execution comes later. */
interface LaterPart {
  readonly what: string;
  /** What a person can do meanwhile. */
  readonly instead: string;
  /** Where a plan uses it. */
  readonly uses: (plan: Plan) => DataPath[];
}

/** The path when the part is used, else nothing. */
function when(used: boolean, ...path: DataPath): DataPath[] {
  return used ? [path] : [];
}

/** Places of a task's part, for every task that has it. */
function inTasks(plan: Plan, part: "action" | "approval"): DataPath[] {
  return plan.phases.flatMap((phase, index) =>
    phase.tasks.flatMap((task, at) => when(task[part] !== undefined, "phases", index, "tasks", at, part)),
  );
}

/** The one table to shrink as parts come to life. */
const LATER: readonly LaterPart[] = [
  {
    what: "triggers",
    instead: "Leave them out, and start runs by hand or from cron.",
    uses: (plan) => plan.triggers.map((_, index) => ["triggers", index]),
  },
  {
    what: "remote targets",
    instead: "Leave it out: work runs on this machine.",
    uses: ({ targets }) =>
      Object.entries(targets).flatMap(([name, target]) => when(target.kind === "remote", "targets", name)),
  },
  {
    what: "a local target's workdir other than '.'",
    instead: "Use '.', and name paths from the repository's root.",
    uses: ({ targets }) =>
      Object.entries(targets).flatMap(([name, target]) =>
        when(target.kind === "local" && target.workdir !== ".", "targets", name),
      ),
  },
  {
    what: "rollout.canary",
    instead: "Leave it out: there are no remote targets to try first.",
    uses: (plan) => when(plan.rollout.canary !== undefined, "rollout", "canary"),
  },
  {
    what: "rollout.promotion",
    instead: "Leave it out: there are no remote targets to promote to.",
    uses: (plan) => when(plan.rollout.promotion !== undefined, "rollout", "promotion"),
  },
  {
    what: "actions on targets",
    instead: "Leave the task out, and act by hand once its needs are done.",
    uses: (plan) => inTasks(plan, "action"),
  },
  {
    what: "approval of a task's action",
    instead: "Ask for a person with a `gate` step instead.",
    uses: (plan) => inTasks(plan, "approval"),
  },
];

/**
 * Parts a plan uses that cannot be run yet, each with its place: refused at `run`, never ignored. A plan
 * that was not made by `loadPlan` has no places; they are then line 1, column 1.
 */
export function unsupported(plan: Plan): PlanFault[] {
  const faults = LATER.flatMap(({ what, instead, uses }) =>
    uses(plan).map(
      (path): PlanFault => ({
        ...placeIn(plan, path),
        code: "not-supported-yet",
        message: `${what}: not supported yet. ${instead}`,
        severity: "error",
      }),
    ),
  );
  return sortFaults(faults);
}
