import { MAX_REWORKS } from "../../kernel/bounds.js";
import { type Crew, taskOf } from "../state/context.js";
import { eventAt, taskStream } from "../state/records.js";
import { loadTaskState } from "../state/task-state.js";
import { setStatus, TaskFailure, type TaskRun } from "../state/task-status.js";
import { mergeWork } from "../task/merge.js";
import { runRules } from "../task/rules.js";
import type { HookPlace } from "./place.js";

/** What the completion gate says. `over`: it was rejected as often as it is reworked; a person goes on. */
export type Completion =
  | { readonly kind: "accepted"; readonly files: readonly string[] }
  | { readonly kind: "rejected"; readonly feedback: string; readonly over: boolean };

/** A task of a plan and the worktree it is done in. */
export type WorkPlace = Pick<HookPlace, "crew" | "task" | "workspace">;

/** A task of a plan as the completion gate sees it. */
export function runOf({ crew, task, workspace }: WorkPlace): TaskRun {
  const { task: spec, phase } = taskOf(crew, task);
  const place = { stream: taskStream(crew.cycle, task), actor: "worknode", run: crew.cycle, task };
  return { task: spec, phase, state: loadTaskState(crew.store, crew.cycle, task), workspace, place };
}

/**
 * Judges what a client did by the rules of a submitted result, on exactly its tree, and puts it on the cycle's branch
 * when they accept it. No critic is asked: there is no model to ask here.
 */
export async function completeTask(place: WorkPlace, summary: string): Promise<Completion> {
  const { crew } = place;
  const run = runOf(place);
  const report = await runRules(crew, { task: run.task, workspace: run.workspace, state: run.state, last: true });
  if (!report.pass) return await reject(crew, run, report.feedback);
  try {
    run.state.summary = summary;
    await setStatus(crew, run.task.id, "VERIFIED");
    await mergeWork(crew, run, refuseRework);
  } catch (thrown) {
    if (!(thrown instanceof TaskFailure)) throw thrown;
    await setStatus(crew, run.task.id, "IN_PROGRESS", { reason: thrown.message });
    return await reject(crew, run, thrown.message);
  }
  return { kind: "accepted", files: crew.store.queries.task(crew.cycle, run.task.id)?.changed ?? [] };
}

/** Where others merged meanwhile and the whole does not verify, the client works on: its worktree holds both now. */
function refuseRework({ state }: TaskRun): Promise<void> {
  return Promise.reject(new TaskFailure(state.rejections.at(-1) ?? "the merged tree does not verify"));
}

async function reject(crew: Crew, { task, state, place }: TaskRun, feedback: string): Promise<Completion> {
  const attempt = state.rejections.length + 1;
  crew.rejected.add(task.id);
  await crew.store.commit([
    eventAt(place, "TASK_REJECTED", { attempt, by: "rules", feedback }),
    eventAt(place, "TASK_STATUS", { status: "IN_PROGRESS", reason: "rework" }),
  ]);
  return { kind: "rejected", feedback, over: attempt > MAX_REWORKS };
}

/** What a subagent leaves behind: judged as code alone, because the task goes on and its commands come at its end. */
export async function judgeSoFar(place: HookPlace): Promise<string | undefined> {
  const { task, workspace, state } = runOf(place);
  const report = await runRules(place.crew, { task, workspace, state, last: false });
  return report.pass ? undefined : report.feedback;
}
