import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { systemRandom } from "../../kernel/ids.js";
import { removeTree } from "../sandbox/layer.js";
import { treeOfCommit } from "./tree.js";
import type { TaskWorkspace } from "./workspace.js";

/** The files of a task's base commit in a directory of their own, until discarded. */
export interface BaseFiles {
  readonly directory: string;
  /** Id of the base commit's tree. */
  readonly tree: string;
  discard(): Promise<void>;
}

/** Id of the tree of a task's base commit. Throws Fault NO_COMMIT. */
export async function baseTree(workspace: TaskWorkspace): Promise<string> {
  return await treeOfCommit(workspace.git, workspace.baseCommit);
}

/**
 * Writes the files of the task's base commit beside its worktree, so that the plan's commands can be run
 * on what was there before. The worktree and its index are not touched. Throws Fault GIT_FAILED.
 */
export async function exportBase(workspace: TaskWorkspace): Promise<BaseFiles> {
  const mark = systemRandom.hex(8);
  const directory = join(workspace.taskDir, `base.${mark}`);
  const indexFile = join(workspace.taskDir, `index.${mark}`);
  const discard = (): Promise<void> => removeTree(directory);
  try {
    await mkdir(directory);
    await workspace.git.run(["read-tree", workspace.baseCommit], { indexFile });
    await workspace.git.run(["checkout-index", "--all", `--prefix=${directory}/`], { indexFile });
    return { directory, tree: await baseTree(workspace), discard };
  } catch (thrown) {
    await discard();
    throw thrown;
  } finally {
    await rm(indexFile, { force: true });
  }
}
