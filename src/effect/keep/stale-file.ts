import { join } from "node:path";
import { hashFile } from "../disk/file-content.js";
import { observePath } from "../disk/path-fact.js";
import type { TaskWorkspace } from "../workspace/workspace.js";
import { isFolder } from "./journal.js";
import type { KeepChange } from "./prepared.js";

/** Why the changes cannot be kept as they were made, or undefined. */
export async function compareBefore(
  workspace: TaskWorkspace,
  changes: readonly KeepChange[],
): Promise<string | undefined> {
  for (const change of changes) {
    const fault = await compareOne(workspace, change);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

async function compareOne(workspace: TaskWorkspace, change: KeepChange): Promise<string | undefined> {
  const { path, before } = change;
  const { kind, linkOnTheWay, link } = await observePath(workspace.worktree, path);
  if (linkOnTheWay) return `${link ?? path} is a link; nothing was kept.`;
  const fits = kind === "missing" || kind === (isFolder(change) ? "directory" : "file");
  if (!fits) return `${path} is not a regular file; nothing was kept.`;
  if ((await hashFile(join(workspace.worktree, path))) === before) return undefined; // of a folder: null
  return `${path} changed since this call read it; nothing was kept. Read it again and repeat the change.`;
}
