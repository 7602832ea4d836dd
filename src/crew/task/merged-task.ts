import type { Layer } from "../../effect/merge/merge-stack.js";
import type { AnyNewEvent } from "../../schema/event.js";
import { type Crew, ownerOf } from "../state/context.js";
import { cycleStream, eventAt } from "../state/records.js";
import { setStatus, type TaskRun } from "../state/task-status.js";
import type { ReceiptedTree } from "./receipt.js";
import { waiversFor } from "./rules.js";

/** A layer of a stack, and the task whose work it is. */
export interface RunLayer {
  readonly layer: Layer;
  readonly run: TaskRun;
}

/** The whole message of a task's commit, its receipt among the trailers. */
export function messageFor(crew: Crew, run: TaskRun, { paths, receipt }: Omit<ReceiptedTree, "tree">): string {
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

/** A task's commit on the cycle's branch, and the one it is on. */
export interface MergedCommit {
  readonly commit: string;
  readonly parent: string;
  readonly paths: readonly string[];
}

/** Ends a task as done; `merged` is undefined for one that changes nothing, and in a rehearsal. */
export async function completeMerged(crew: Crew, run: TaskRun, merged: MergedCommit | undefined): Promise<void> {
  const { place, task } = run;
  const { commit, paths } = merged ?? { commit: null, paths: [] };
  const completed = eventAt({ ...place, stream: cycleStream(crew.cycle) }, "EVENT_TASK_COMPLETED", {
    commit,
    summary: run.state.summary,
    outputs: crew.store.queries.task(crew.cycle, task.id)?.outputs ?? {},
    attempts: run.state.rejections.length + 1,
    files: [...paths],
    waivers: waiversFor(crew, task.id),
  });
  await setStatus(crew, task.id, "DONE", { with: [...mergedEvents(crew, run, merged), completed] });
}

function mergedEvents(crew: Crew, { place }: TaskRun, merged: MergedCommit | undefined): AnyNewEvent[] {
  if (merged === undefined) return [];
  const { commit, parent } = merged;
  crew.workspaces.delete("-"); // the head has moved
  return [eventAt(place, "TASK_MERGED", { commit, branch: crew.branch, parent })];
}
