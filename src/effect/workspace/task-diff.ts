import { type ChangedLines, countChangedLines } from "../git/changed-lines.js";
import type { Repository } from "../repository/repository.js";
import { findUsable } from "./task-workspace.js";
import { describeDiff, treeHash } from "./tree.js";
import type { TaskWorkspace } from "./workspace.js";
import { describe, findPlaces, type WorkspaceArgs } from "./workspace-places.js";

/** What stands in a task's worktree and is not merged, as a unified diff; undefined where it has no worktree. */
export async function diffWorkspace(
  repository: Repository,
  args: WorkspaceArgs,
  maxChars: number,
): Promise<string | undefined> {
  const workspace = await workspaceOf(repository, args);
  return workspace === undefined ? undefined : await describeDiff(workspace, maxChars);
}

/** The files of what stands in a task's worktree and is not merged; none where it has no worktree. */
export async function countWorkspace(repository: Repository, args: WorkspaceArgs): Promise<ChangedLines[]> {
  const workspace = await workspaceOf(repository, args);
  if (workspace === undefined) return [];
  return await countChangedLines(workspace.git, workspace.baseCommit, await treeHash(workspace));
}

async function workspaceOf(repository: Repository, args: WorkspaceArgs): Promise<TaskWorkspace | undefined> {
  const places = await findPlaces(repository, args);
  const existing = await findUsable(repository, places, args);
  return existing === undefined ? undefined : describe(repository, places, existing, []);
}
