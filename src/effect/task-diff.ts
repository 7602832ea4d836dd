import type { Repository } from "./repository.js";
import { findUsable } from "./task-workspace.js";
import { describeDiff } from "./tree.js";
import { describe, findPlaces, type WorkspaceArgs } from "./workspace-places.js";

/** What stands in a task's worktree and is not merged, as a unified diff; undefined where it has no worktree. */
export async function diffWorkspace(
  repository: Repository,
  args: WorkspaceArgs,
  maxChars: number,
): Promise<string | undefined> {
  const places = await findPlaces(repository, args);
  const existing = await findUsable(repository, places, args);
  if (existing === undefined) return undefined;
  return await describeDiff(describe(repository, places, existing, []), maxChars);
}
