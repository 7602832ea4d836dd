import { isSubsetOf } from "../../capability/write-set.js";
import { Fault } from "../../kernel/fault.js";
import { type Call, type Permit, useOnce } from "../authority.js";
import type { Repository } from "../repository/repository.js";
import { cycleHead } from "../workspace/branch.js";
import { compareTrees, type TreeDifference, treeHash, treeOfCommit } from "../workspace/tree.js";
import { areApart, overlayTrees } from "../workspace/tree-overlay.js";
import type { TaskWorkspace } from "../workspace/workspace.js";
import { type CommitText, writeCommits } from "./commit-object.js";
import { assertNotCheckedOut, mergedBefore, moveBranch, recordMerge, withMergeLock } from "./merge.js";

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
  /** The tree it lies on: that of the branch's head, or of the layer below. */
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
 * nor a worktree is touched. A task whose work reaches outside its files, or into what another or the branch has changed
 * since it began, is on the branch already or is none is left out: what is wrong with it is said where it is merged alone.
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
  const laid: Work[] = [];
  for (const work of works) if (work !== undefined && (await fits(repository, { head, laid }, work))) laid.push(work);
  const trees = await overlayTrees(
    repository,
    headTree,
    laid.map(({ changes }) => changes),
  );
  const layers = laid.map(({ workspace: { task }, tree: from, changes }, at): Layer => {
    const [below = headTree, tree = headTree] = [trees[at - 1], trees[at]];
    return { task, from, below, tree, changes };
  });
  return { head, headTree, layers };
}

/** What a task's worktree holds, where that may be laid on a stack. */
interface Work {
  readonly workspace: TaskWorkspace;
  readonly tree: string;
  readonly changes: readonly TreeDifference[];
}

const HONEST: ReadonlySet<string> = new Set(["add", "modify", "mode"]);

async function lookAt(
  repository: Repository,
  workspace: TaskWorkspace | undefined,
  write: readonly string[],
): Promise<Work | undefined> {
  if (workspace === undefined) return undefined;
  const tree = await treeHash(workspace);
  const changes = await compareTrees(repository.git, workspace.baseCommit, tree);
  if (changes.length === 0 || (await mergedBefore(repository, workspace, tree)) !== undefined) return undefined;
  const honest = changes.every(({ path, kind }) => HONEST.has(kind) && isSubsetOf([path], write));
  return honest ? { workspace, tree, changes } : undefined;
}

/** Whether what a task changed is, on the stack, still what it was when the task began. */
async function fits(
  repository: Repository,
  { head, laid }: { head: string; laid: readonly Work[] },
  { workspace, changes }: Work,
): Promise<boolean> {
  const moved = await compareTrees(repository.git, workspace.baseCommit, head);
  const others = [...moved, ...laid.flatMap((work) => work.changes)].map(({ path }) => path);
  return areApart(
    changes.map(({ path }) => path),
    new Set(others),
  );
}

/** A layer as it is to be committed. */
export interface LayerCommit extends CommitText {
  readonly task: string;
  /** Tree of the worktree it was made from. */
  readonly from: string;
}

/**
 * Makes the commits of a stack's layers, each on the one before, which no branch leads to yet, and says in each task's
 * record that its is about to be merged. Answers their ids, those of `commitId`.
 * Throws Fault ERROR_NOT_APPROVED, WORKSPACE_GONE, GIT_FAILED.
 */
export async function commitLayers(
  permit: Permit,
  repository: Repository,
  call: Call<{ readonly layers: readonly LayerCommit[] }>,
  workspaces: ReadonlyMap<string, TaskWorkspace>,
): Promise<string[]> {
  useOnce(permit, call);
  const { layers } = call.args;
  const commits = await writeCommits(repository, layers);
  await Promise.all(
    layers.map(async ({ task, from: tree }, at) => {
      const [workspace, commit] = [workspaces.get(task), commits[at]];
      if (workspace === undefined || commit === undefined) throw new Fault("WORKSPACE_GONE", `${task} has no worktree`);
      await recordMerge(workspace, { commit, tree });
    }),
  );
  return commits;
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
