import { join } from "node:path";
import { hashFile } from "../../effect/disk/file-content.js";
import type { Crew } from "../state/context.js";
import type { ConverseSpec } from "./converse.js";

/** Files that are looked at, last kept first, and those that are named. */
const MAX_FILES = 1_000;
const MAX_NAMED = 5;

/**
 * Why a work conversation that a later session finds open cannot go on: files that were kept are no longer in the worktree as
 * they were, so that what its agent believes is not true. Undefined where they are. The worktree may have been removed with
 * all that was in it and made anew, or somebody changed it meanwhile.
 */
export async function lostFiles(crew: Crew, { kind, task, workspace }: ConverseSpec): Promise<string | undefined> {
  if (kind !== "work" || task === null) return undefined;
  const lost: string[] = [];
  for (const [path, after] of lastKept(crew, task))
    if ((await hashFile(join(workspace.worktree, path))) !== after) lost.push(path);
  if (lost.length === 0) return undefined;
  const more = lost.length > MAX_NAMED ? ` and ${lost.length - MAX_NAMED} more` : "";
  return `the worktree no longer holds what was kept in it: ${lost.slice(0, MAX_NAMED).join(", ")}${more}`;
}

/** What a task's calls in this cycle left of each file. */
function lastKept({ store, cycle }: Crew, task: string): Map<string, string> {
  const last = new Map<string, string>();
  for (const event of store.events({ run: cycle, task, type: "EFFECT_KEPT", reverse: true, limit: MAX_FILES })) {
    if (event.type !== "EFFECT_KEPT") continue;
    for (const { path, after } of event.payload.changes)
      if (after !== null && !last.has(path) && last.size < MAX_FILES) last.set(path, after);
  }
  return last;
}
