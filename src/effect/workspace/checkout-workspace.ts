import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemRandom } from "../../kernel/ids.js";
import { type Call, type Permit, useOnce } from "../authority.js";
import type { Repository } from "../repository/repository.js";
import { removeTree } from "../sandbox/layer.js";
import { snapshotCheckout } from "./branch.js";
import { CHECKOUT_DENY, compileDeny } from "./deny.js";
import type { TaskWorkspace } from "./workspace.js";
import type { WorkspaceArgs } from "./workspace-places.js";

/** Name of the git directory that stands for the checkout, as commands see it. */
const GIT_NAME = "checkout";

/**
 * The user's own checkout as a workspace, for work outside plans: what is kept is kept in it, and its git directory is
 * neither written nor shown (commands see an index and a HEAD of their own, at a snapshot of what was there).
 * Throws Fault ERROR_NOT_APPROVED, GIT_FAILED.
 */
export async function openCheckoutWorkspace(
  permit: Permit,
  repository: Repository,
  call: Call<WorkspaceArgs>,
): Promise<TaskWorkspace> {
  useOnce(permit, call);
  const { cycle, task, branch } = call.args;
  const taskDir = join(repository.stateDir, "tasks", `checkout.${systemRandom.hex(4)}`);
  const gitDir = join(taskDir, "git", "worktrees", GIT_NAME);
  for (const part of ["layer", "scratch", "journal"])
    await mkdir(join(taskDir, part), { recursive: true, mode: 0o700 });
  await mkdir(gitDir, { recursive: true, mode: 0o700 });
  const baseCommit = await snapshotCheckout(repository);
  await writeFile(join(gitDir, "HEAD"), `${baseCommit}\n`);
  await writeFile(join(gitDir, "commondir"), "../..\n");
  const git = repository.git.at(gitDir, repository.checkout);
  await git.run(["read-tree", baseCommit]);
  return {
    cycle,
    task,
    shownRoot: repository.checkout,
    worktree: repository.checkout,
    gitDir,
    branch,
    baseCommit,
    taskDir,
    layerDir: join(taskDir, "layer"),
    scratchDir: join(taskDir, "scratch"),
    journalDir: join(taskDir, "journal"),
    deny: CHECKOUT_DENY,
    isDenied: compileDeny(CHECKOUT_DENY),
    git,
  };
}

/** Removes what a checkout's workspace kept beside it; the checkout stays as it is. */
export async function closeCheckoutWorkspace({ taskDir }: Pick<TaskWorkspace, "taskDir">): Promise<void> {
  await removeTree(taskDir);
}
