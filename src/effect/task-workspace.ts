import { mkdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { invalid } from "../kernel/fault.js";
import { systemRandom } from "../kernel/ids.js";
import { err, ok, type Result } from "../kernel/result.js";
import { type Call, type Permit, useOnce } from "./authority.js";
import { resolveCommit } from "./branch.js";
import { DEFAULT_DENY } from "./deny.js";
import { diskFault } from "./disk-fault.js";
import { withLock } from "./process-lock.js";
import type { Repository } from "./repository.js";
import { readRecord, type TaskRecord, writeRecord } from "./task-record.js";
import { treeHash } from "./tree.js";
import type { TaskWorkspace } from "./workspace.js";
import { describe, type Existing, type Places, placesOf, type WorkspaceArgs } from "./workspace-places.js";
import { addWorktree, dropWorktree, setAside, worktreeGitDir } from "./worktree.js";

/**
 * The task's own worktree, started at the head of the cycle's branch. One that is there already for
 * this cycle, task and branch is given again with all it holds; one that is there for something else
 * is moved aside when it holds work. The user's checkout is never touched.
 * Throws Fault ERROR_NOT_APPROVED, NO_BRANCH (exit 2).
 */
export async function openTaskWorkspace(
  permit: Permit,
  repository: Repository,
  call: Call<WorkspaceArgs>,
  deny: readonly string[] = DEFAULT_DENY,
): Promise<TaskWorkspace> {
  useOnce(permit, call, repository.clock);
  return withWorktreeLock(repository, async () => {
    const { args } = call;
    const places = placesOf(repository, args);
    const existing = await findUsable(repository, places, args);
    if (existing !== undefined) return describe(repository, places, existing, deny);
    await clearPlaces(repository, places);
    return describe(repository, places, await create(repository, places, args), deny);
  });
}

/**
 * A view of the cycle's head for agents without a task of their own, brought up to date by each call.
 * Nothing is ever kept in it.
 */
export async function openHeadWorkspace(
  permit: Permit,
  repository: Repository,
  call: Call<Omit<WorkspaceArgs, "task">>,
  deny: readonly string[] = DEFAULT_DENY,
): Promise<TaskWorkspace> {
  useOnce(permit, call, repository.clock);
  return withWorktreeLock(repository, async () => {
    const args = { ...call.args, task: "-" };
    const { taskDir, worktree } = placesOf(repository, args);
    const places = { taskDir, worktree };
    const head = await cycleHead(repository, args.branch);
    const gitDir = await worktreeGitDir(repository, worktree);
    const record = await readRecord(taskDir);
    if (gitDir === undefined || record?.state !== "ready") {
      await dropWorktree(repository, worktree);
      return describe(repository, places, await create(repository, places, args), deny);
    }
    const updated: TaskRecord = { state: "ready", ...args, base_commit: head };
    const workspace = describe(repository, places, { gitDir, record: updated }, deny);
    await checkOut(workspace, head, head);
    await writeRecord(taskDir, updated);
    return workspace;
  });
}

/** Puts a tree into the worktree and moves its HEAD to `commit`. Doing it again changes nothing. */
export async function checkOut(workspace: TaskWorkspace, tree: string, commit: string): Promise<void> {
  await workspace.git.run(["read-tree", "--reset", "-u", tree]);
  await workspace.git.run(["update-ref", "HEAD", commit]);
}

/**
 * Takes a task's worktree and branch away, and everything beside them. Refused, with the reason, while
 * it holds work that is not on the cycle's branch. Remove its layers first.
 */
export async function removeTaskWorkspace(
  permit: Permit,
  repository: Repository,
  call: Call<WorkspaceArgs>,
): Promise<Result<void, string>> {
  useOnce(permit, call, repository.clock);
  return withWorktreeLock(repository, async () => {
    const places = placesOf(repository, call.args);
    const existing = await findUsable(repository, places, call.args);
    if (existing === undefined) return err(`task ${call.args.task} has no workspace for ${call.args.branch}`);
    const workspace = describe(repository, places, existing, []);
    const unmerged = await unmergedWork(repository, workspace, existing.record);
    if (unmerged !== undefined) return err(unmerged);
    await dropWorktree(repository, places.worktree);
    await rm(places.taskDir, { recursive: true, force: true });
    if (places.taskBranch !== undefined) await dropTaskBranch(repository, places.taskBranch, call.args.branch);
    return ok(undefined);
  });
}

async function unmergedWork(
  repository: Repository,
  workspace: TaskWorkspace,
  record: TaskRecord,
): Promise<string | undefined> {
  const tree = await treeHash(workspace);
  const base = (await repository.git.run(["rev-parse", `${record.base_commit}^{tree}`])).trim();
  if (tree === base) return undefined;
  if (record.merge?.tree !== tree) return `${workspace.worktree} holds changes that were not merged`;
  const onBranch = await isAncestor(repository, record.merge.commit, `refs/heads/${record.branch}`);
  return onBranch ? undefined : `${record.merge.commit} is not on ${record.branch}`;
}

/** Only a branch whose every commit is on the cycle's branch goes. */
async function dropTaskBranch(repository: Repository, taskBranch: string, branch: string): Promise<void> {
  const ref = `refs/heads/${taskBranch}`;
  const tip = await resolveCommit(repository.git, ref);
  if (tip === undefined || !(await isAncestor(repository, tip, `refs/heads/${branch}`))) return;
  await repository.git.run(["update-ref", "-d", ref, tip]);
}

/** Whether a commit is `of` or one of its ancestors. */
export async function isAncestor(repository: Repository, commit: string, of: string): Promise<boolean> {
  return (await repository.git.attempt(["merge-base", "--is-ancestor", commit, of])).code === 0;
}

/** The newest commit of the cycle's branch. Throws Fault NO_BRANCH (exit 2). */
export async function cycleHead(repository: Repository, branch: string): Promise<string> {
  const head = await resolveCommit(repository.git, `refs/heads/${branch}`);
  if (head === undefined) throw invalid("NO_BRANCH", `branch ${branch} does not exist. It held the cycle's result.`);
  return head;
}

/** Two worktrees made at once would race for git's configuration lock and for names. */
async function withWorktreeLock<T>(repository: Repository, work: () => Promise<T>): Promise<T> {
  try {
    return await withLock(join(repository.stateDir, "locks", "worktrees"), work, repository.clock);
  } catch (thrown) {
    throw diskFault(thrown, repository.stateDir);
  }
}

/** The workspace that is there, when it is this one and its base is still part of the cycle's branch. */
async function findUsable(repository: Repository, places: Places, args: WorkspaceArgs): Promise<Existing | undefined> {
  const record = await readRecord(places.taskDir);
  const gitDir = await worktreeGitDir(repository, places.worktree);
  if (record?.state !== "ready" || gitDir === undefined) return undefined;
  if (!isFor(record, args) || !(await isAncestor(repository, record.base_commit, `refs/heads/${args.branch}`)))
    return undefined;
  return record.adopting === undefined ? { gitDir, record } : finishAdopting(repository, places, { gitDir, record });
}

function isFor(record: TaskRecord, args: WorkspaceArgs): boolean {
  return record.cycle === args.cycle && record.task === args.task && record.branch === args.branch;
}

/** An interrupted check-out of a merged tree is done again. */
async function finishAdopting(repository: Repository, places: Places, existing: Existing): Promise<Existing> {
  const { adopting, ...rest } = existing.record;
  if (adopting === undefined) return existing;
  await checkOut(describe(repository, places, existing, []), adopting.tree, adopting.head);
  const record: TaskRecord = { ...rest, base_commit: adopting.head };
  await writeRecord(places.taskDir, record);
  return { gitDir: existing.gitDir, record };
}

/** What never held work goes; everything else is kept under another name. */
async function clearPlaces(repository: Repository, places: Places): Promise<void> {
  const record = await readRecord(places.taskDir);
  const present = await stat(places.worktree).catch(() => undefined);
  if (record?.state === "creating") await dropWorktree(repository, places.worktree);
  else if (present !== undefined) await setAside(repository, places.worktree);
  if (record?.state === "ready") await rename(places.taskDir, `${places.taskDir}.left-${systemRandom.hex(4)}`);
}

async function create(repository: Repository, places: Places, args: WorkspaceArgs): Promise<Existing> {
  const head = await cycleHead(repository, args.branch);
  const { cycle, task, branch } = args;
  const record: TaskRecord = { state: "creating", cycle, task, branch, base_commit: head };
  for (const part of ["layer", "scratch", "journal"])
    await mkdir(join(places.taskDir, part), { recursive: true, mode: 0o700 });
  await writeRecord(places.taskDir, record);
  await mkdir(join(repository.stateDir, "worktrees"), { recursive: true, mode: 0o700 });
  const { worktree, taskBranch } = places;
  const gitDir = await addWorktree(
    repository,
    { worktree, ...(taskBranch === undefined ? {} : { branch: taskBranch }) },
    head,
  );
  const ready: TaskRecord = { ...record, state: "ready" };
  await writeRecord(places.taskDir, ready);
  return { gitDir, record: ready };
}
