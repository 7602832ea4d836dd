import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Fault } from "../../kernel/fault.js";
import { err, ok, type Result } from "../../kernel/result.js";
import { type Call, type Permit, useOnce } from "../authority.js";
import { splitNul } from "../git/git.js";
import { withLock } from "../lock/file-lock.js";
import type { Repository } from "../repository/repository.js";
import { cycleHead, isAncestor } from "../workspace/branch.js";
import { readRecord, type TaskRecord, writeRecord } from "../workspace/task-record.js";
import { checkOut } from "../workspace/task-workspace.js";
import { compareTrees, treeHash } from "../workspace/tree.js";
import type { TaskWorkspace } from "../workspace/workspace.js";
import { withWorktreeList } from "../workspace/worktree.js";

/** Times a merge is tried again because somebody else moved the branch. */
const MAX_MERGE_ATTEMPTS = 5;

/** What is merged. */
export interface MergeArgs {
  /** Whole commit message with its trailers. */
  readonly message: string;
  /** The paths that the task's calls have changed; no other may differ. */
  readonly paths: readonly string[];
  /** The tree the message speaks of; no other is committed. */
  readonly tree: string;
}

/** What became of a merge. Only `merged` changed the branch. */
export type MergeOutcome =
  /** One commit on the cycle's branch, on `parent`; `commit` is the head as it was when the task changed nothing. */
  | {
      readonly kind: "merged";
      readonly commit: string;
      readonly parent: string;
      readonly paths: readonly string[];
    }
  /** The branch moved since the task started: adopt `tree`, verify again, and merge again. */
  | { readonly kind: "moved"; readonly head: string; readonly tree: string }
  | { readonly kind: "conflict"; readonly paths: readonly string[] }
  /** Paths that differ from the base without being listed, or are gone. */
  | { readonly kind: "refused"; readonly paths: readonly string[] };

/**
 * Squashes the task's work into one commit on the cycle's branch, by plumbing alone: no hook, no
 * signing, no checkout, and the branch moves only from the head that was looked at. Called again after
 * a crash it answers with the commit that was made.
 * Throws Fault ERROR_NOT_APPROVED, NO_BRANCH, BRANCH_CHECKED_OUT (exit 6).
 */
export async function mergeTask(
  permit: Permit,
  repository: Repository,
  workspace: TaskWorkspace,
  call: Call<MergeArgs>,
): Promise<MergeOutcome> {
  useOnce(permit, call);
  return withMergeLock(repository, async () => {
    const tree = await treeHash(workspace);
    const differences = await compareTrees(repository.git, workspace.baseCommit, tree);
    const foreign = unlisted(differences, call.args.paths);
    if (foreign.length > 0) return { kind: "refused", paths: foreign };
    if (tree !== call.args.tree)
      return { kind: "refused", paths: await pathsBetween(repository, call.args.tree, tree) };
    const before = await mergedBefore(repository, workspace, tree);
    const paths = differences.map(({ path }) => path);
    if (before !== undefined) return { kind: "merged", ...before, paths };
    await assertNotCheckedOut(repository, workspace.branch);
    for (let attempt = 0; attempt < MAX_MERGE_ATTEMPTS; attempt += 1) {
      const outcome = await mergeOnce(repository, workspace, { tree, paths, message: call.args.message });
      if (outcome !== undefined) return outcome;
    }
    throw new Fault("BRANCH_BUSY", `${workspace.branch} kept moving while a task was merged`, { retry: "transient" });
  });
}

function unlisted(differences: readonly { path: string; kind: string }[], paths: readonly string[]): string[] {
  const listed = new Set(paths);
  const honest = new Set(["add", "modify", "mode"]);
  return differences.filter(({ path, kind }) => !listed.has(path) || !honest.has(kind)).map(({ path }) => path);
}

async function pathsBetween(repository: Repository, from: string, to: string): Promise<string[]> {
  return (await compareTrees(repository.git, from, to)).map(({ path }) => path);
}

/** The commit an interrupted merge of the same tree, alone or in a stack, has put on the branch, and the one it is on. */
export async function mergedBefore(
  repository: Repository,
  workspace: TaskWorkspace,
  tree: string,
): Promise<{ commit: string; parent: string } | undefined> {
  const merge = (await readRecord(workspace.taskDir))?.merge;
  if (merge?.tree !== tree) return undefined;
  const { commit } = merge;
  if (!(await isAncestor(repository, commit, `refs/heads/${workspace.branch}`))) return undefined;
  return { commit, parent: (await repository.git.run(["rev-parse", "--verify", `${commit}^`])).trim() };
}

/** Moving a branch that somebody has checked out would turn their files into changes they did not make. */
export async function assertNotCheckedOut(repository: Repository, branch: string): Promise<void> {
  const path = await checkedOutAt(repository, branch);
  if (path === undefined) return;
  const advice = `Run \`git -C ${path} switch --detach\`, then continue.`;
  throw new Fault(
    "BRANCH_CHECKED_OUT",
    `${branch} is checked out at ${path}, so worknode does not move it. ${advice}`,
    {
      exitCode: 6,
    },
  );
}

/** Git knows of the linked worktrees; the main one's HEAD lies outside its private directory. */
async function checkedOutAt(repository: Repository, branch: string): Promise<string | undefined> {
  const ref = `refs/heads/${branch}`;
  const head = await readFile(join(repository.commonDir, "HEAD"), "utf8").catch(() => "");
  if (head.trim() === `ref: ${ref}`) return repository.root;
  const args = ["for-each-ref", "--format=%(worktreepath)", ref];
  const path = (await withWorktreeList(repository, () => repository.git.run(args))).trim();
  return path === "" ? undefined : path;
}

interface Squash {
  readonly tree: string;
  readonly paths: readonly string[];
  readonly message: string;
}

/** One try; undefined when the branch moved in the meantime. */
async function mergeOnce(
  repository: Repository,
  workspace: TaskWorkspace,
  squash: Squash,
): Promise<MergeOutcome | undefined> {
  const head = await cycleHead(repository, workspace.branch);
  if (squash.paths.length === 0) return { kind: "merged", commit: head, parent: workspace.baseCommit, paths: [] };
  if (head !== workspace.baseCommit) return joinTrees(repository, workspace, { head, tree: squash.tree });
  const commit = await commitTree(repository, squash.tree, { parent: head, message: squash.message });
  await recordMerge(workspace, { commit, tree: squash.tree });
  if (!(await moveBranch(repository, workspace.branch, { from: head, to: commit }))) return undefined;
  return { kind: "merged", commit, parent: head, paths: squash.paths };
}

/** Says in the task's record which commit is about to be put on the branch, and the worktree's tree it was made from. */
export async function recordMerge(workspace: TaskWorkspace, merge: NonNullable<TaskRecord["merge"]>): Promise<void> {
  await writeRecord(workspace.taskDir, { ...(await recordOf(workspace)), merge });
}

/** Moves a branch from exactly the commit that was looked at; false where it is at another by now. Throws Fault GIT_FAILED. */
export async function moveBranch(
  repository: Repository,
  branch: string,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<boolean> {
  const moved = await repository.git.attempt(["update-ref", "-m", "worknode: merge", `refs/heads/${branch}`, to, from]);
  if (moved.code === 0) return true;
  if ((await cycleHead(repository, branch)) !== from) return false;
  throw new Fault("GIT_FAILED", `git could not move ${branch}: ${moved.stderr.trim()}`);
}

/** Makes a commit that no branch leads to yet; answers its id. */
export async function commitTree(
  repository: Repository,
  tree: string,
  what: { parent: string; message: string },
): Promise<string> {
  const args = ["commit-tree", tree, "-p", what.parent, "-F", "-"];
  return (await repository.git.run(args, { input: what.message })).trim();
}

/** Three-way: base, the task's tree, the moved head. Touches neither the branch nor the worktree. */
export async function joinTrees(
  repository: Repository,
  workspace: Pick<TaskWorkspace, "baseCommit">,
  { head, tree }: { head: string; tree: string },
): Promise<Extract<MergeOutcome, { kind: "moved" | "conflict" }>> {
  const task = await commitTree(repository, tree, { parent: workspace.baseCommit, message: "task" });
  const args = ["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", head, task];
  const output = await repository.git.attempt(args);
  const [merged = "", ...conflicts] = splitNul(output.stdout.toString("utf8"));
  if (output.code === 0) return { kind: "moved", head, tree: merged };
  if (output.code === 1) return { kind: "conflict", paths: [...new Set(conflicts)].sort() };
  throw new Fault("GIT_FAILED", `git merge-tree failed: ${output.stderr.trim()}. worknode needs git 2.38 or newer.`);
}

/**
 * Puts a merged tree into the task's worktree, so that it can be verified again before it is merged,
 * and moves the task's base to the head it was merged with. Survives a crash: `openTaskWorkspace` does
 * the rest. The error says that the tree is not what a merge would give now.
 */
export async function adoptMerge(
  permit: Permit,
  repository: Repository,
  workspace: TaskWorkspace,
  call: Call<{ readonly head: string; readonly tree: string }>,
): Promise<Result<TaskWorkspace, string>> {
  useOnce(permit, call);
  const { head, tree } = call.args;
  return withMergeLock(repository, async () => {
    const now = await joinTrees(repository, workspace, { head, tree: await treeHash(workspace) });
    if (now.kind !== "moved" || now.tree !== tree) return err("the task changed since it was merged; merge it again");
    const record = await recordOf(workspace);
    await writeRecord(workspace.taskDir, { ...record, adopting: { head, tree } });
    await checkOut(workspace, { tree, commit: head }, repository.clock);
    const { adopting: _done, ...rest } = record;
    await writeRecord(workspace.taskDir, { ...rest, base_commit: head });
    return ok({ ...workspace, baseCommit: head });
  });
}

async function recordOf(workspace: TaskWorkspace): Promise<TaskRecord> {
  const record = await readRecord(workspace.taskDir);
  if (record !== undefined) return record;
  throw new Fault("WORKSPACE_GONE", `${workspace.taskDir} has no record of task ${workspace.task}`);
}

/** One move of the branch at a time (DESIGN §8, Merge). */
export function withMergeLock<T>(repository: Repository, work: () => Promise<T>): Promise<T> {
  return withLock(join(repository.stateDir, "locks", "merge"), work, repository.clock);
}
