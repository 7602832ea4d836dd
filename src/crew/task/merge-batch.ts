import { commitLayer, type Layer, mergeStack, type Stack, stackTasks } from "../../effect/merge-stack.js";
import type { Receipt } from "../../schema/receipt.js";
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
  await Promise.all(commits.map(({ run, ...commit }) => completeMerged(crew, run, commit)));
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

type RunCommit = MergedCommit & { readonly run: TaskRun };

async function commitStack(crew: Crew, stack: Stack, layers: readonly RunLayer[]): Promise<RunCommit[]> {
  const judged = layers.at(-1)?.layer.tree ?? stack.headTree;
  const commits: RunCommit[] = [];
  let parent = { commit: stack.head, tree: stack.headTree };
  for (const { layer, run } of layers) {
    const { tree, changes } = layer;
    const receipt = receiptOf(crew, run, { tree, parent, changes, judged });
    const commit = await commitOne(crew, { layer, run }, { receipt, parent: parent.commit });
    commits.push({ run, commit, parent: parent.commit, paths: pathsOf(layer) });
    parent = { commit, tree };
  }
  return commits;
}

const pathsOf = ({ changes }: Layer): string[] => changes.map(({ path }) => path);

async function commitOne(
  crew: Crew,
  { layer, run }: RunLayer,
  { receipt, parent }: { receipt: Receipt; parent: string },
): Promise<string> {
  const message = messageFor(crew, run, { paths: pathsOf(layer), receipt });
  const args = { message, parent, tree: layer.tree, from: layer.from };
  return await stewardCall(crew, { tool: "batch.commit", task: run.task.id, args }, async ({ permit, call }) => {
    const value = await commitLayer(permit, crew.repository, run.workspace, call);
    return { value, said: `made ${value}` };
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
