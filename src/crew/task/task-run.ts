import { evaluateCondition, interpolate } from "../../plan/expression.js";
import type { AnyNewEvent } from "../../schema/event.js";
import type { PlanCheckStep, PlanGateStep, PlanStep } from "../../schema/plan-step.js";
import type { PlanTask } from "../../schema/plan-task.js";
import { runCheck } from "../call/verify.js";
import { headWorkspace, taskWorkspace } from "../call/workspaces.js";
import { retryTransient } from "../conversation/task-retry.js";
import { type Crew, ownerOf, taskOf } from "../state/context.js";
import { expressionContext, taskContext } from "../state/expressions.js";
import { noteParked } from "../state/parking.js";
import { eventAt, taskStream } from "../state/records.js";
import { TaskPark } from "../state/stop.js";
import { foldTaskEvent, loadTaskState } from "../state/task-state.js";
import { setStatus, TaskFailure, type TaskRun } from "../state/task-status.js";
import { gateRejection, passGate } from "./gate-step.js";
import { mergeWork } from "./merge-train.js";
import { passesVerdicts } from "./second-verdict.js";
import { stepEnd } from "./step-end.js";
import { work } from "./work.js";

/** Attempts at the steps of one task before it is given up: gates that send back, remedies, reassignments. */
const MAX_ROUNDS = 50;

/** Does one task to its end: DONE, SKIPPED, REJECTED, or BLOCKED until a person decides. RunStop passes through. */
export async function runTask(crew: Crew, id: string): Promise<void> {
  try {
    await retryTransient(crew, id, async () => await attemptTask(crew, id));
  } catch (thrown) {
    if (thrown instanceof TaskPark) {
      noteParked(crew, id, thrown);
      if (thrown.approval !== "") await setStatus(crew, id, "BLOCKED", { reason: thrown.message });
    } else if (!(thrown instanceof TaskFailure)) throw thrown;
    else if (crew.statuses.get(id) !== "REJECTED") await setStatus(crew, id, "REJECTED", { reason: thrown.message });
  }
}

async function attemptTask(crew: Crew, id: string): Promise<void> {
  const { task, phase } = taskOf(crew, id);
  const state = loadTaskState(crew.store, crew.cycle, id);
  if (task.if !== undefined && state.started === undefined && !(await holds(crew, task.if))) {
    await setStatus(crew, id, "SKIPPED", { reason: `condition is false: ${task.if}` });
    return;
  }
  if (crew.statuses.get(id) !== "VERIFIED" && !(await passesVerdicts(crew, task, state))) return;
  const workspace = task.files.write.length === 0 ? await headWorkspace(crew) : await taskWorkspace(crew, id);
  const place = { stream: taskStream(crew.cycle, id), actor: "worknode", run: crew.cycle, task: id };
  const run: TaskRun = { task, phase, state, workspace, place };
  if (crew.statuses.get(id) !== "VERIFIED") {
    await startTask(crew, run);
    await runSteps(crew, run);
    await setStatus(crew, id, "VERIFIED");
  }
  await mergeWork(crew, run, async (merged) => await reopen(crew, merged));
}

/** Puts a task under way, in the hands of its owner unless told otherwise. */
export async function startTask(crew: Crew, run: TaskRun, agent = ownerOf(crew, run.task)): Promise<void> {
  const { task, state, workspace, place } = run;
  const started = eventAt(place, "TASK_STARTED", {
    attempt: state.attempt + 1,
    agent,
    base_commit: workspace.baseCommit,
    worktree: workspace.worktree,
  });
  await setStatus(crew, task.id, "IN_PROGRESS", { with: state.started === undefined ? [started] : [] });
}

/** After a failed verification of the merged tree the last agent step has to be worked on again. */
async function reopen(crew: Crew, run: TaskRun): Promise<void> {
  const last = stepsOf(run.task).findLast((step) => step.kind === "agent");
  if (last === undefined) throw new TaskFailure("the merged tree does not verify and no agent can rework it");
  await record(crew, run, [stepStart(run, last)]);
  await setStatus(crew, run.task.id, "IN_PROGRESS", { reason: "the merged tree has to be reworked" });
  await runSteps(crew, run);
  await setStatus(crew, run.task.id, "VERIFIED");
}

/** A task without steps is one agent step of its owner. */
export function stepsOf(task: PlanTask): PlanStep[] {
  if (task.steps.length > 0) return task.steps;
  const request = task.description === undefined ? task.title : `${task.title}\n\n${task.description}`;
  return [{ kind: "agent", id: "work", agent: task.owner, request, outputs: {} }];
}

async function runSteps(crew: Crew, run: TaskRun): Promise<void> {
  const steps = stepsOf(run.task);
  for (let round = 0, index = 0; index < steps.length; round += 1) {
    if (round > MAX_ROUNDS * steps.length) throw new TaskFailure(`more than ${MAX_ROUNDS} rounds of steps`);
    const step = steps[index] as PlanStep;
    if (run.state.steps.has(step.id)) index += 1;
    else index = await runStep(crew, run, { step, index, steps });
  }
}

/** A step that starts again takes the results of all later ones with it: they were of work that is done anew. */
function stepStart(run: TaskRun, { id, kind }: PlanStep): AnyNewEvent {
  return eventAt(run.place, "STEP_STARTED", { step: id, kind });
}

interface StepAt {
  step: PlanStep;
  index: number;
  steps: readonly PlanStep[];
}

/** Runs one step and answers the index to go on with. */
async function runStep(crew: Crew, run: TaskRun, at: StepAt): Promise<number> {
  const { step, index } = at;
  if (step.if !== undefined && !(await holds(crew, step.if, run))) {
    await endStep(crew, run, step, { status: "skipped", outputs: {} });
    return index + 1;
  }
  await record(crew, run, [stepStart(run, step)]);
  if (step.kind === "agent")
    await work(crew, run, { step, last: at.steps.findLast(({ kind }) => kind === "agent") === step });
  if (step.kind === "check") await checkStep(crew, run, step);
  if (step.kind === "gate") return await gateStep(crew, run, { ...at, step });
  return index + 1;
}

async function endStep(
  crew: Crew,
  run: TaskRun,
  step: PlanStep,
  end: { status: "done" | "failed" | "skipped"; outputs: Record<string, unknown>; error?: string; provide?: string },
): Promise<void> {
  await record(crew, run, stepEnd(run, { step: step.id, ...end }));
}

/** Records events of a task and folds them into its state, as a later session will. */
async function record(crew: Crew, run: TaskRun, events: readonly AnyNewEvent[]): Promise<void> {
  await crew.store.commit(events);
  for (const event of events) foldTaskEvent(run.state, event);
}

async function checkStep(crew: Crew, run: TaskRun, step: PlanCheckStep): Promise<void> {
  const tries = step.onFail.then === "retry" ? step.onFail.max + 1 : 1;
  let fault: string | undefined;
  for (let attempt = 0; attempt < tries; attempt += 1) {
    fault = await checkFault(crew, run, step);
    if (fault === undefined) return await endStep(crew, run, step, { status: "done", outputs: {} });
  }
  const { error, provide, then } = step.onFail;
  const told = { error: `${error} (${fault})`, ...(provide === undefined ? {} : { provide }) };
  await endStep(crew, run, step, { status: "failed", outputs: {}, ...told });
  if (then !== "continue") throw new TaskFailure(provide === undefined ? told.error : `${told.error}. ${provide}`);
}

async function checkFault(crew: Crew, run: TaskRun, step: PlanCheckStep): Promise<string | undefined> {
  for (const expression of step.check.verify)
    if (!(await holds(crew, expression, run))) return `${expression} is not true`;
  return await runCheck(crew, { task: run.task.id, workspace: run.workspace }, step.check);
}

/** A gate that is turned down stops the task, or sends it back to the agent step before it. */
async function gateStep(crew: Crew, run: TaskRun, at: StepAt & { step: PlanGateStep }): Promise<number> {
  const { step, index, steps } = at;
  const message = interpolate(step.gate.message, taskContext(crew, run));
  if (!message.ok) throw new TaskFailure(`gate ${step.id}: its message has no value (${message.error})`);
  const answer = await passGate(crew, run, step, String(message.value));
  if (answer.approved) {
    await endStep(crew, run, step, { status: "done", outputs: {} });
    return index + 1;
  }
  const back = steps.slice(0, index).findLastIndex(({ kind }) => kind === "agent");
  const target = steps[back];
  if (step.onReject.then === "stop" || target === undefined || answer.rejections > step.onReject.max)
    throw new TaskFailure(`gate ${step.id} was rejected: ${answer.reason}`);
  await record(crew, run, [...gateRejection(run, step.id, answer.reason), stepStart(run, target)]);
  return back;
}

/** Whether a condition is true now. One that cannot be evaluated stops the task: it is never taken as true. */
async function holds(crew: Crew, expression: string, run?: TaskRun): Promise<boolean> {
  const context = run === undefined ? expressionContext(crew, await headWorkspace(crew)) : taskContext(crew, run);
  const result = evaluateCondition(expression, context);
  if (!result.ok) throw new TaskFailure(`condition cannot be evaluated: ${result.error}`);
  return result.value;
}
