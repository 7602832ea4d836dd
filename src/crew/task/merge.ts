import { isSubsetOf } from "../../capability/write-set.js";
import { adoptMerge, type MergeArgs, type MergeOutcome, mergeTask } from "../../effect/merge.js";
import type { TaskWorkspace } from "../../effect/workspace.js";
import { stewardCall } from "../call/steward.js";
import { type Crew, ownerOf } from "../state/context.js";
import { cycleStream, eventAt } from "../state/records.js";
import { setStatus, TaskFailure, type TaskRun } from "../state/task-status.js";
import { type ReceiptedTree, receiptFor } from "./receipt.js";
import { runRules, waiversFor } from "./rules.js";

/** Times a task is brought onto a head that moved. */
const MAX_ADOPTIONS = 20;

/**
 * Puts an accepted task on the cycle's branch as one commit, one task at a time. Where the head moved,
 * the merged tree is verified first; when it fails, `rework` does the task again.
 */
export async function mergeWork(crew: Crew, run: TaskRun, rework: (run: TaskRun) => Promise<void>): Promise<void> {
  if (run.task.files.write.length === 0) return await complete(crew, run, { commit: null, paths: [] });
  const mine = crew.merging.then(() => mergeNow(crew, run, rework));
  crew.merging = mine.catch(() => undefined);
  await mine;
}

async function mergeNow(crew: Crew, run: TaskRun, rework: (run: TaskRun) => Promise<void>): Promise<void> {
  let { workspace } = run;
  for (let round = 0; round < MAX_ADOPTIONS; round += 1) {
    const { tree, paths, receipt } = await receiptFor(crew, run, workspace);
    const outside = paths.filter((path) => !isSubsetOf([path], run.task.files.write));
    if (outside.length > 0)
      throw new TaskFailure(`the work holds files outside the task's list: ${outside.join(", ")}`);
    const args = { message: messageFor(crew, run, { paths, receipt }), paths, tree };
    const outcome = await merge(crew, { ...run, workspace }, args);
    if (outcome === undefined) return await complete(crew, { ...run, workspace }, { commit: null, paths: [] });
    if (outcome.kind === "merged") return await complete(crew, { ...run, workspace }, outcome);
    if (outcome.kind !== "moved")
      throw new TaskFailure(`the work cannot be merged (${outcome.kind}): ${outcome.paths.join(", ")}`);
    workspace = await adopt(crew, { ...run, workspace }, outcome);
    const report = await runRules(crew, { task: run.task, workspace, state: run.state, last: true });
    if (report.pass) continue;
    rejectMerge(crew, run, report.feedback);
    await rework({ ...run, workspace });
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
  const rejected = eventAt(run.place, "TASK_REJECTED", {
    attempt: run.state.rejections.length,
    by: "rules",
    feedback: text,
  });
  crew.store.append([rejected, eventAt(run.place, "TASK_STATUS", { status: "IN_PROGRESS", reason: "rework" })]);
}

function messageFor(crew: Crew, run: TaskRun, { paths, receipt }: Omit<ReceiptedTree, "tree">): string {
  return [
    `${run.task.id}: ${run.task.title}`,
    "",
    `Files: ${paths.join(", ")}`,
    "",
    `Worknode-Task: ${run.task.id}`,
    `Worknode-Agent: ${ownerOf(crew, run.task)}`,
    `Worknode-Plan: ${crew.planHash}`,
    `Worknode-Cycle: ${crew.cycle}`,
    crew.broker.attest(receipt),
    "",
  ].join("\n");
}

async function complete(
  crew: Crew,
  run: TaskRun,
  merged: { commit: string | null; paths: readonly string[] },
): Promise<void> {
  const { place, task } = run;
  const row = crew.store.queries.task(crew.cycle, task.id);
  const parent = run.workspace.baseCommit;
  if (merged.commit !== null) crew.workspaces.delete("-"); // the head has moved
  const events = [
    ...(merged.commit === null
      ? []
      : [eventAt(place, "TASK_MERGED", { commit: merged.commit, branch: crew.branch, parent })]),
    eventAt({ ...place, stream: cycleStream(crew.cycle) }, "EVENT_TASK_COMPLETED", {
      commit: merged.commit,
      summary: run.state.summary,
      outputs: row?.outputs ?? {},
      attempts: run.state.rejections.length + 1,
      files: [...merged.paths],
      waivers: waiversFor(crew, task.id),
    }),
  ];
  await setStatus(crew, task.id, "DONE", { with: events });
}
