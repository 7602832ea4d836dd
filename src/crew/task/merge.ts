import { isSubsetOf } from "../../capability/write-set.js";
import { adoptMerge, type MergeArgs, type MergeOutcome, mergeTask } from "../../effect/merge/merge.js";
import type { TaskWorkspace } from "../../effect/workspace/workspace.js";
import { stewardCall } from "../call/steward.js";
import { type Crew } from "../state/context.js";
import { rejectionEvents } from "../state/rejection.js";
import { TaskFailure, type TaskRun } from "../state/task-status.js";
import { completeMerged, messageFor } from "./merged-task.js";
import { receiptFor } from "./receipt.js";
import { runRules } from "./rules.js";

/** Times a task is brought onto a head that moved. */
export const MAX_ADOPTIONS = 20;

/**
 * Puts an accepted task on the cycle's branch as one commit. Where the head moved, the merged tree is verified in the
 * task's worktree first. Answers the worktree in which the task has to be worked on again, where that failed.
 * Throws TaskFailure where the work cannot be merged.
 */
export async function mergeAlone(crew: Crew, run: TaskRun): Promise<TaskWorkspace | undefined> {
  let { workspace } = run;
  for (let round = 0; round < MAX_ADOPTIONS; round += 1) {
    const { tree, paths, receipt } = await receiptFor(crew, run, workspace);
    const outside = paths.filter((path) => !isSubsetOf([path], run.task.files.write));
    if (outside.length > 0)
      throw new TaskFailure(`the work holds files outside the task's list: ${outside.join(", ")}`);
    const args = { message: messageFor(crew, run, { paths, receipt }), paths, tree };
    const outcome = await merge(crew, { ...run, workspace }, args);
    if (outcome === undefined || outcome.kind === "merged") {
      await completeMerged(crew, run, outcome);
      return undefined;
    }
    if (outcome.kind !== "moved")
      throw new TaskFailure(`the work cannot be merged (${outcome.kind}): ${outcome.paths.join(", ")}`);
    workspace = await adopt(crew, { ...run, workspace }, outcome);
    const report = await runRules(crew, { task: run.task, workspace, state: run.state, last: true });
    if (report.pass) continue;
    rejectMerge(crew, run, report.feedback);
    return workspace;
  }
  throw new TaskFailure(`the cycle's branch moved ${MAX_ADOPTIONS} times while the task was merged`);
}

/** Undefined in a rehearsal, which leaves the cycle's branch where it is. */
async function merge(
  crew: Crew,
  run: TaskRun,
  args: MergeArgs & Record<string, unknown>,
): Promise<MergeOutcome | undefined> {
  return await stewardCall(crew, { tool: "task.merge", task: run.task.id, args }, async ({ permit, call, keeps }) => {
    if (!keeps) return { value: undefined, said: "rehearsed" };
    const value = await mergeTask(permit, crew.repository, run.workspace, call);
    return { value, said: value.kind };
  });
}

async function adopt(crew: Crew, run: TaskRun, moved: { head: string; tree: string }): Promise<TaskWorkspace> {
  const args = { head: moved.head, tree: moved.tree };
  const adopted = await stewardCall(crew, { tool: "task.merge", task: run.task.id, args }, async ({ permit, call }) => {
    const value = await adoptMerge(permit, crew.repository, run.workspace, call);
    return { value, said: value.ok ? "adopted the moved head" : value.error, failed: !value.ok };
  });
  if (!adopted.ok) return run.workspace;
  crew.workspaces.set(run.task.id, adopted.value);
  return adopted.value;
}

function rejectMerge(crew: Crew, run: TaskRun, feedback: string): void {
  const text = `On top of what others merged meanwhile: ${feedback}`;
  run.state.rejections.push(text);
  crew.store.append(rejectionEvents(run.place, { attempt: run.state.rejections.length, by: "rules", feedback: text }));
}
