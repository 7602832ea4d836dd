import { rename, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Clock } from "../../kernel/clock.js";
import { systemRandom } from "../../kernel/ids.js";
import { type Call, type Permit, useOnce } from "../authority.js";
import { diskFault } from "../disk/disk-fault.js";
import { makeFolder } from "../disk/make-folder.js";
import { withLock } from "../lock/file-lock.js";
import type { Repository } from "../repository/repository.js";
import { removeAbandoned } from "../sandbox/abandoned.js";
import { cycleHead, isAncestor } from "./branch.js";
import { DEFAULT_DENY } from "./deny.js";
import { freeIndex } from "./index-lock.js";
import { type TaskRecord, writeRecord } from "./task-record.js";
import type { TaskWorkspace } from "./workspace.js";
import {
  describe,
  type Existing,
  findPlaces,
  freshPlaces,
  HEAD_VIEW,
  type Places,
  placeName,
  STACK_VIEW,
  type WorkspaceArgs,
} from "./workspace-places.js";
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
  useOnce(permit, call);
  return withPlaceLock(repository, call.args, async () => {
    const { args } = call;
    const places = await findPlaces(repository, args);
    const existing = await findUsable(repository, places, args);
    if (existing !== undefined) {
      await removeAbandoned(join(places.taskDir, "layer"));
      return describe(repository, places, existing, deny);
    }
    await clearPlaces(repository, places);
    const fresh = freshPlaces(repository, places, args);
    return describe(repository, fresh, await create(repository, fresh, args), deny);
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
  useOnce(permit, call);
  const args = { ...call.args, task: HEAD_VIEW };
  return withPlaceLock(repository, args, async () => {
    const head = await cycleHead(repository, args.branch);
    return await openView(repository, args, { tree: head, commit: head }, deny);
  });
}

/** A view of a stack's tree as it would be merged into `head`. Nothing is ever kept in it. */
export async function openStackWorkspace(
  permit: Permit,
  repository: Repository,
  call: Call<WorkspaceArgs & { readonly head: string; readonly tree: string }>,
  deny: readonly string[] = DEFAULT_DENY,
): Promise<TaskWorkspace> {
  useOnce(permit, call);
  const { head, tree, cycle, branch } = call.args;
  const args = { cycle, branch, task: STACK_VIEW };
  return withPlaceLock(repository, args, () => openView(repository, args, { tree, commit: head }, deny));
}

async function openView(
  repository: Repository,
  args: WorkspaceArgs,
  to: { readonly tree: string; readonly commit: string },
  deny: readonly string[],
): Promise<TaskWorkspace> {
  let places = await findPlaces(repository, args);
  let gitDir = await worktreeGitDir(repository, places.worktree);
  let { record } = places;
  if (gitDir === undefined || record?.state !== "ready") {
    await discard(repository, places.worktree);
    places = freshPlaces(repository, places, args);
    ({ gitDir, record } = await create(repository, places, args));
    if (record.base_commit === to.tree) return describe(repository, places, { gitDir, record }, deny);
  }
  record = { ...record, branch: args.branch, base_commit: to.commit };
  const workspace = describe(repository, places, { gitDir, record }, deny);
  await checkOut(workspace, to, repository.clock);
  await writeRecord(places.taskDir, record);
  return workspace;
}

/** Puts a tree into the worktree and moves its HEAD to `commit`. Doing it again changes nothing. */
export async function checkOut(
  workspace: TaskWorkspace,
  to: { readonly tree: string; readonly commit: string },
  clock: Clock,
): Promise<void> {
  await freeIndex(workspace, clock);
  await workspace.git.run(["read-tree", "--reset", "-u", to.tree]);
  await workspace.git.run(["update-ref", "HEAD", to.commit]);
}

/** One place is made, brought up to date or taken away by one at a time; its name is no other's, so others may go on meanwhile. */
export async function withPlaceLock<T>(
  repository: Repository,
  args: WorkspaceArgs,
  work: () => Promise<T>,
): Promise<T> {
  try {
    const file = join(repository.stateDir, "locks", `worktree-${placeName(args)}`);
    return await withLock(file, work, repository.clock);
  } catch (thrown) {
    throw diskFault(thrown, repository.stateDir);
  }
}

/** The workspace that is there, when it is this one and its base is still part of the cycle's branch. */
export async function findUsable(
  repository: Repository,
  places: Places,
  args: WorkspaceArgs,
): Promise<Existing | undefined> {
  const { record } = places;
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
  const to = { tree: adopting.tree, commit: adopting.head };
  await checkOut(describe(repository, places, existing, []), to, repository.clock);
  const record: TaskRecord = { ...rest, base_commit: adopting.head };
  await writeRecord(places.taskDir, record);
  return { gitDir: existing.gitDir, record };
}

/** What never held work goes; everything else is kept under another name. */
async function clearPlaces(repository: Repository, places: Places): Promise<void> {
  const { record } = places;
  const present = await stat(places.worktree).catch(() => undefined);
  if (record?.state === "creating") await discard(repository, places.worktree);
  else if (present !== undefined) await setAside(repository, places.worktree);
  if (record?.state === "ready") await rename(places.taskDir, `${places.taskDir}.left-${systemRandom.hex(4)}`);
}

/** Takes away what never held work, as far as it goes: a git that is still at it may leave a rest that nobody uses. */
async function discard(repository: Repository, worktree: string): Promise<void> {
  await dropWorktree(repository, worktree).catch(() => undefined);
}

async function create(repository: Repository, places: Places, args: WorkspaceArgs): Promise<Existing> {
  const head = await cycleHead(repository, args.branch);
  const { cycle, task, branch } = args;
  const record: TaskRecord = {
    state: "creating",
    place: basename(places.worktree),
    cycle,
    task,
    branch,
    base_commit: head,
  };
  for (const part of ["layer", "scratch", "journal"]) makeFolder(join(places.taskDir, part), 0o700);
  await writeRecord(places.taskDir, record);
  makeFolder(join(repository.stateDir, "worktrees"), 0o700);
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
