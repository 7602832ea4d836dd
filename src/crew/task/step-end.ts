import { err, ok, type Result } from "../../kernel/result.js";
import { interpolate } from "../../plan/expression.js";
import type { AnyNewEvent, EventPayload } from "../../schema/event.js";
import type { PlanAgentStep } from "../../schema/plan-step.js";
import type { Crew } from "../state/context.js";
import { taskContext } from "../state/expressions.js";
import { eventAt } from "../state/records.js";
import type { TaskRun } from "../state/task-status.js";

/** Events that end a step with what it gave. */
export function stepEnd(run: TaskRun, end: EventPayload<"STEP_ENDED">): AnyNewEvent[] {
  const { outputs } = end;
  const values = Object.keys(outputs).length === 0 ? [] : [eventAt(run.place, "TASK_OUTPUTS", { outputs })];
  return [eventAt(run.place, "STEP_ENDED", end), ...values];
}

/** An agent step, and whether it is the task's last one. */
export interface AgentStepAt {
  readonly step: PlanAgentStep;
  readonly last: boolean;
}

/**
 * What a step declares, read from the outputs its agent submitted; the last step gives all of them when it declares
 * nothing. The error names the output that has no value.
 */
export function stepOutputs(
  crew: Crew,
  run: TaskRun,
  at: AgentStepAt & { result: Record<string, unknown> },
): Result<Record<string, unknown>, string> {
  const { step, result } = at;
  const templates = Object.entries(step.outputs);
  if (templates.length === 0) return ok(at.last ? { ...result } : {});
  const context = { ...taskContext(crew, run), result };
  const outputs: Record<string, unknown> = {};
  for (const [name, template] of templates) {
    const value = interpolate(template, context);
    if (value.ok) outputs[name] = value.value;
    else if (run.task.outputs[name]?.optional !== true)
      return err(`step ${step.id}: output ${name} has no value (${value.error})`);
  }
  return ok(outputs);
}
