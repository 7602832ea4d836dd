import { err, ok, type Result } from "../../kernel/result.js";
import { type Call, type Permit, useOnce } from "../authority.js";
import type { Repository } from "../repository/repository.js";
import { removeTree } from "../sandbox/layer.js";
import { isAncestor, resolveCommit } from "./branch.js";
import type { TaskRecord } from "./task-record.js";
import { findUsable, withPlaceLock } from "./task-workspace.js";
import { treeHash } from "./tree.js";
import type { TaskWorkspace } from "./workspace.js";
import { describe, findPlaces, isView, type Places, type WorkspaceArgs } from "./workspace-places.js";
import { dropWorktree } from "./worktree.js";

/**
 * Takes a task's worktree and branch away, and everything beside them. Refused, with the reason, while
 * it holds work that is not on the cycle's branch. A view never holds work.
 */
export async function removeTaskWorkspace(
  permit: Permit,
  repository: Repository,
  call: Call<WorkspaceArgs>,
): Promise<Result<void, string>> {
  useOnce(permit, call);
  return withPlaceLock(repository, call.args, async () => {
    const places = await findPlaces(repository, call.args);
    if (isView(call.args.task)) return await dropPlaces(repository, places);
    const existing = await findUsable(repository, places, call.args);
    if (existing === undefined) return err(`task ${call.args.task} has no workspace for ${call.args.branch}`);
    const workspace = describe(repository, places, existing, []);
    const unmerged = await unmergedWork(repository, workspace, existing.record);
    if (unmerged !== undefined) return err(unmerged);
    await dropPlaces(repository, places);
    if (places.taskBranch !== undefined) await dropTaskBranch(repository, places.taskBranch, call.args.branch);
    return ok(undefined);
  });
}

async function dropPlaces(repository: Repository, { worktree, taskDir }: Places): Promise<Result<void, string>> {
  await dropWorktree(repository, worktree);
  await removeTree(taskDir); // commands leave directories of odd modes in scratch
  return ok(undefined);
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
