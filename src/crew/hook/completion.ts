import { MAX_REWORKS } from "../../kernel/bounds.js";
import { escalateToPerson } from "../conversation/escalate.js";
import { type Crew, ownerOf, taskOf } from "../state/context.js";
import { taskStream } from "../state/records.js";
import { rejectionEvents } from "../state/rejection.js";
import { TaskPark } from "../state/stop.js";
import { loadTaskState } from "../state/task-state.js";
import { setStatus, TaskFailure, type TaskRun } from "../state/task-status.js";
import { mergeWork } from "../task/merge-train.js";
import { runRules } from "../task/rules.js";
import type { HookPlace } from "./place.js";

/** What the completion gate says. `waits`: it was rejected as often as it is reworked, and now waits for this. */
export type Completion =
  | { readonly kind: "accepted"; readonly files: readonly string[] }
  | { readonly kind: "rejected"; readonly feedback: string; readonly waits: string | undefined };

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

async function reject(crew: Crew, run: TaskRun, feedback: string): Promise<Completion> {
  const { task, state, place } = run;
  const attempt = state.rejections.length + 1;
  crew.rejected.add(task.id);
  await crew.store.commit(rejectionEvents(place, { attempt, by: "rules", feedback }));
  const over = attempt > MAX_REWORKS;
  return {
    kind: "rejected",
    feedback,
    waits: over ? await askAbout(crew, run, `rejected again: ${feedback}`) : undefined,
  };
}

/**
 * Escalates a task to a person, as a run does whose executive cannot help. Answers what it waits for; undefined once they
 * approved another try, and then it is under way again.
 */
export async function askAbout(
  crew: Crew,
  { task, state }: Pick<TaskRun, "task" | "state">,
  reason: string,
): Promise<string | undefined> {
  try {
    escalateToPerson(crew, { task, state, from: ownerOf(crew, task), reason, needs: "" });
  } catch (thrown) {
    if (!(thrown instanceof TaskPark)) throw thrown;
    if (thrown.approval !== "") await setStatus(crew, task.id, "BLOCKED", { reason: thrown.message });
    return thrown.message;
  }
  await setStatus(crew, task.id, "IN_PROGRESS", { reason: "a person approved another try" });
  return undefined;
}

/** What a subagent leaves behind: judged as code alone, because the task goes on and its commands come at its end. */
export async function judgeSoFar(place: HookPlace): Promise<string | undefined> {
  const { task, workspace, state } = runOf(place);
  const report = await runRules(place.crew, { task, workspace, state, last: false });
  return report.pass ? undefined : report.feedback;
}
