import type { TaskWorkspace } from "../../effect/workspace/workspace.js";
import { type ExpressionContext, interpolate } from "../../plan/expression.js";
import { branchFiles } from "../call/workspaces.js";
import type { Crew } from "./context.js";
import { TaskFailure, type TaskRun } from "./task-status.js";

/** What expressions of the plan may see outside a task. */
export function expressionContext(crew: Crew, workspace: TaskWorkspace): ExpressionContext {
  const rows = crew.store.queries.tasks(crew.cycle);
  const tasks = Object.fromEntries(rows.map((row) => [row.id, { status: row.status, outputs: row.outputs }]));
  const phases = Object.fromEntries(crew.plan.phases.map(({ id }) => [id, { status: phaseState(crew, id) }]));
  const files = branchFiles(workspace);
  return { tasks, phases, steps: {}, inputs: { ...crew.inputs }, files, cycle: { number: crew.cycle } };
}

/** What expressions of a task's own parts may see: its steps, and what `with` passes on. Throws TaskFailure. */
export function taskContext(crew: Crew, run: TaskRun): ExpressionContext {
  const context = { ...expressionContext(crew, run.workspace), steps: stepsOf(run) };
  return { ...context, with: passedValues(run, context) };
}

function stepsOf(run: TaskRun): NonNullable<ExpressionContext["steps"]> {
  const ended = [...run.state.steps].map(([id, step]) => [
    id,
    { status: step.status.toUpperCase(), outputs: step.outputs },
  ]);
  return Object.fromEntries(ended) as NonNullable<ExpressionContext["steps"]>;
}

/** What `with` passes on. A value that is missing or empty stops the task (REQUIREMENTS 111). */
function passedValues({ task }: TaskRun, context: ExpressionContext): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, template] of Object.entries(task.with)) {
    const value =
      typeof template === "string" ? interpolate(template, context) : { ok: true as const, value: template };
    if (!value.ok) throw new TaskFailure(`with.${name}: ${value.error}`);
    values[name] = value.value;
  }
  return values;
}

/** DONE when each of its tasks is done or skipped, IN_PROGRESS when it is active, else PENDING. */
export function phaseState(crew: Crew, phase: string): string {
  const tasks = crew.plan.phases.find(({ id }) => id === phase)?.tasks ?? [];
  const done = tasks.every(({ id }) => ["DONE", "SKIPPED"].includes(crew.statuses.get(id) ?? ""));
  if (done) return "DONE";
  return crew.activePhases.has(phase) ? "IN_PROGRESS" : "PENDING";
}
