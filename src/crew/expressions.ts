import type { ExpressionContext } from "../plan/expression.js";
import type { PlanTask } from "../schema/plan-task.js";
import type { Crew } from "./context.js";
import type { TaskState } from "./task-state.js";

/** Reads the cycle's branch for expressions: bounded, and only what was merged. */
export interface BranchFiles {
  exist(path: string): boolean;
  read(path: string): string;
}

/** What expressions of the plan may see now. */
export function expressionContext(
  crew: Crew,
  files: BranchFiles,
  at?: { task: PlanTask; state: TaskState },
): ExpressionContext {
  const rows = crew.store.queries.tasks(crew.cycle);
  const tasks = Object.fromEntries(rows.map((row) => [row.id, { status: row.status, outputs: row.outputs }]));
  const phases = Object.fromEntries(crew.plan.phases.map(({ id }) => [id, { status: phaseState(crew, id) }]));
  const steps = Object.fromEntries(
    [...(at?.state.steps ?? [])].map(([id, step]) => [
      id,
      { status: step.status.toUpperCase(), outputs: step.outputs },
    ]),
  );
  return { tasks, phases, steps, inputs: { ...crew.inputs }, files, cycle: { number: crew.cycle } };
}

/** DONE when each of its tasks is done or skipped, IN_PROGRESS when it is active, else PENDING. */
export function phaseState(crew: Crew, phase: string): string {
  const tasks = crew.plan.phases.find(({ id }) => id === phase)?.tasks ?? [];
  const done = tasks.every(({ id }) => ["DONE", "SKIPPED"].includes(crew.statuses.get(id) ?? ""));
  if (done) return "DONE";
  return crew.activePhases.has(phase) ? "IN_PROGRESS" : "PENDING";
}
