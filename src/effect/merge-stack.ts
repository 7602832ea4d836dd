import { isSubsetOf } from "../capability/write-set.js";
import { type Call, type Permit, useOnce } from "./authority.js";
import { cycleHead } from "./branch.js";
import {
  assertNotCheckedOut,
  commitTree,
  joinTrees,
  mergedBefore,
  moveBranch,
  recordMerge,
  withMergeLock,
} from "./merge.js";
import type { Repository } from "./repository.js";
import { compareTrees, type TreeDifference, treeHash, treeOfCommit } from "./tree.js";
import type { TaskWorkspace } from "./workspace.js";

/** Accepted tasks that are to be joined together, and the files each may have changed. */
export interface StackArgs {
  readonly branch: string;
  readonly tasks: readonly { readonly task: string; readonly write: readonly string[] }[];
}

/** One task's work in a stack. */
export interface Layer {
  readonly task: string;
  /** Tree of its worktree. */
  readonly from: string;
  /** The commit it lies on: the branch's head, or a stand-in for the layer below, which no branch leads to. */
  readonly below: string;
  /** Tree of the layer below and the task's work together, and what it changes there. */
  readonly tree: string;
  readonly changes: readonly TreeDifference[];
}

/** Tasks' work, each on top of the one before, from the head of the cycle's branch. */
export interface Stack {
  readonly head: string;
  readonly headTree: string;
  readonly layers: readonly Layer[];
}

/**
 * Lays the work of tasks on top of each other, from the head of the cycle's branch, by plumbing alone. Neither the branch
 * nor a worktree is touched. A task whose work conflicts, reaches outside its files or into a file of another, is on the
 * branch already or is none is left out: what is wrong with it is said where it is merged alone.
 * Throws Fault ERROR_NOT_APPROVED, NO_BRANCH, GIT_FAILED.
 */
export async function stackTasks(
  permit: Permit,
  repository: Repository,
  call: Call<StackArgs>,
  workspaces: ReadonlyMap<string, TaskWorkspace>,
): Promise<Stack> {
  useOnce(permit, call);
  const { branch, tasks } = call.args;
  const head = await cycleHead(repository, branch);
  const headTree = await treeOfCommit(repository.git, head);
  const works = await Promise.all(tasks.map(({ task, write }) => lookAt(repository, workspaces.get(task), write)));
  const layers: Layer[] = [];
  for (const work of works.filter((each) => each !== undefined)) {
    const layer = await layOn(repository, { head, layers }, work);
    if (layer !== undefined) layers.push(layer);
  }
  return { head, headTree, layers };
}

/** What a task's worktree holds, where that may be laid on a stack. */
interface Work {
  readonly workspace: TaskWorkspace;
  readonly tree: string;
  readonly paths: readonly string[];
}

const HONEST: ReadonlySet<string> = new Set(["add", "modify", "mode"]);

async function lookAt(
  repository: Repository,
  workspace: TaskWorkspace | undefined,
  write: readonly string[],
): Promise<Work | undefined> {
  if (workspace === undefined) return undefined;
  const tree = await treeHash(workspace);
  const differences = await compareTrees(repository.git, workspace.baseCommit, tree);
  if (differences.length === 0 || (await mergedBefore(repository, workspace, tree)) !== undefined) return undefined;
  const honest = differences.every(({ path, kind }) => HONEST.has(kind) && isSubsetOf([path], write));
  return honest ? { workspace, tree, paths: differences.map(({ path }) => path) } : undefined;
}

async function layOn(
  repository: Repository,
  { head, layers }: Pick<Stack, "head" | "layers">,
  { workspace, tree, paths }: Work,
): Promise<Layer | undefined> {
  const taken = new Set(layers.flatMap(({ changes }) => changes.map(({ path }) => path)));
  if (paths.some((path) => taken.has(path))) return undefined;
  const top = layers.at(-1);
  const below =
    top === undefined ? head : await commitTree(repository, top.tree, { parent: top.below, message: "stand-in" });
  const joined = await joinTrees(repository, workspace, { head: below, tree });
  if (joined.kind !== "moved") return undefined;
  const changes = await compareTrees(repository.git, below, joined.tree);
  return changes.length === 0 ? undefined : { task: workspace.task, from: tree, below, tree: joined.tree, changes };
}

/** A layer as it is to be committed. */
export interface LayerArgs {
  /** Whole commit message with its trailers. */
  readonly message: string;
  readonly parent: string;
  /** The layer's tree, and the worktree's that it was made from. */
  readonly tree: string;
  readonly from: string;
}

/**
 * Makes a layer's commit, which no branch leads to yet, and says in the task's record that it is about to be merged.
 * Throws Fault ERROR_NOT_APPROVED, WORKSPACE_GONE, GIT_FAILED.
 */
export async function commitLayer(
  permit: Permit,
  repository: Repository,
  workspace: TaskWorkspace,
  call: Call<LayerArgs>,
): Promise<string> {
  useOnce(permit, call);
  const { message, parent, tree, from } = call.args;
  const commit = await commitTree(repository, tree, { parent, message });
  await recordMerge(workspace, { commit, tree: from });
  return commit;
}

/**
 * Moves the cycle's branch over a whole stack at once, from the head that the stack was laid on; false where the branch
 * is at another by now. Throws Fault ERROR_NOT_APPROVED, NO_BRANCH, BRANCH_CHECKED_OUT (exit 6), GIT_FAILED.
 */
export async function mergeStack(
  permit: Permit,
  repository: Repository,
  call: Call<{ readonly branch: string; readonly from: string; readonly to: string }>,
): Promise<boolean> {
  useOnce(permit, call);
  const { branch, from, to } = call.args;
  return await withMergeLock(repository, async () => {
    await assertNotCheckedOut(repository, branch);
    return await moveBranch(repository, branch, { from, to });
  });
}
