import { commitId } from "../../effect/merge/commit-object.js";
import { commitLayers, type LayerCommit, mergeStack, type Stack, stackTasks } from "../../effect/merge/merge-stack.js";
import { stewardCall } from "../call/steward.js";
import type { Crew } from "../state/context.js";
import type { TaskRun } from "../state/task-status.js";
import { verifyStack } from "./batch-verify.js";
import { completeMerged, type MergedCommit, messageFor, type RunLayer } from "./merged-task.js";
import { receiptOf } from "./receipt.js";

/** What became of a batch: the tasks that are merged, and those whose work was not green together. Others were left out. */
export interface BatchOutcome {
  readonly merged: ReadonlySet<string>;
  readonly red: ReadonlySet<string>;
}

const NONE: ReadonlySet<string> = new Set();

/**
 * Merges accepted tasks together: their work is laid on top of each other, verified as a whole, committed task by task,
 * and the cycle's branch moves over all of it at once. Until then nothing but loose objects and the log knows of it, so
 * whatever ends it in the middle leaves every task as it was. Throws RunStop, and the faults of its calls.
 */
export async function mergeBatch(crew: Crew, runs: readonly TaskRun[]): Promise<BatchOutcome> {
  const stack = await layStack(crew, runs);
  if (stack.layers.length < 2) return { merged: NONE, red: NONE };
  const layers = stack.layers.flatMap((layer) => {
    const run = runs.find(({ task }) => task.id === layer.task);
    return run === undefined ? [] : [{ layer, run }];
  });
  const tasks = new Set(layers.map(({ run }) => run.task.id));
  if (!(await verifyStack(crew, stack, layers))) return { merged: NONE, red: tasks };
  const commits = await commitStack(crew, stack, layers);
  if (!(await moveOver(crew, stack, commits))) return { merged: NONE, red: NONE };
  await Promise.all(commits.map((commit) => completeMerged(crew, commit.run, commit)));
  return { merged: tasks, red: NONE };
}

async function layStack(crew: Crew, runs: readonly TaskRun[]): Promise<Stack> {
  const tasks = runs.map(({ task }) => ({ task: task.id, write: [...task.files.write] }));
  const own = { tool: "batch.stack", task: null, args: { branch: crew.branch, tasks } } as const;
  const workspaces = new Map(runs.map(({ task, workspace }) => [task.id, workspace]));
  return await stewardCall(crew, own, async ({ permit, call }) => {
    const value = await stackTasks(permit, crew.repository, call, workspaces);
    const said = value.layers.map(({ task, tree }) => `${task}: ${tree}`).join(", ");
    return { value, said: `on ${value.head}: ${said === "" ? "nothing" : said}` };
  });
}

interface RunCommit extends MergedCommit {
  readonly run: TaskRun;
  readonly made: LayerCommit;
}

/** Each receipt names the commit below, so ids are worked out first, and git makes all commits at once. */
async function commitStack(crew: Crew, stack: Stack, layers: readonly RunLayer[]): Promise<RunCommit[]> {
  const judged = layers.at(-1)?.layer.tree ?? stack.headTree;
  const at = Math.floor(crew.clock.nowMs() / 1000);
  const commits: RunCommit[] = [];
  let parent = { commit: stack.head, tree: stack.headTree };
  for (const { layer, run } of layers) {
    const { task, tree, from, changes } = layer;
    const paths = changes.map(({ path }) => path);
    const receipt = receiptOf(crew, run, { tree, parent, changes, judged });
    const made = { task, message: messageFor(crew, run, { paths, receipt }), parent: parent.commit, tree, from, at };
    const commit = commitId(made);
    commits.push({ run, made, commit, parent: parent.commit, paths });
    parent = { commit, tree };
  }
  await commitAll(crew, commits);
  return commits;
}

async function commitAll(crew: Crew, commits: readonly RunCommit[]): Promise<void> {
  const workspaces = new Map(commits.map(({ run }) => [run.task.id, run.workspace]));
  const own = { tool: "batch.commit", task: null, args: { layers: commits.map(({ made }) => made) } } as const;
  await stewardCall(crew, own, async ({ permit, call }) => {
    const value = await commitLayers(permit, crew.repository, call, workspaces);
    return { value, said: `made ${value.join(", ")}` };
  });
}

/** Moves the cycle's branch; false where somebody else moved it meanwhile, or nothing may remain. */
async function moveOver(crew: Crew, { head }: Stack, commits: readonly RunCommit[]): Promise<boolean> {
  const args = { branch: crew.branch, from: head, to: commits.at(-1)?.commit ?? head };
  return await stewardCall(crew, { tool: "batch.merge", task: null, args }, async ({ permit, call, keeps }) => {
    if (!keeps) return { value: false, said: "rehearsed" };
    const value = await mergeStack(permit, crew.repository, call);
    return { value, said: value ? `${crew.branch} at ${args.to}` : "the branch moved meanwhile", failed: !value };
  });
}
