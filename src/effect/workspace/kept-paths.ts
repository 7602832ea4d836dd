import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Change } from "../../schema/effect.js";
import type { TaskWorkspace } from "./workspace.js";

/**
 * Paths that calls of the task have kept, one JSON string a line. Files that git ignores are part of
 * the task's result exactly when they are listed here; anything else ignored is somebody's scratch.
 */
function fileOf(workspace: TaskWorkspace): string {
  return join(workspace.taskDir, "kept-paths");
}

/** Paths seen in a workspace's list, so that it is read again only for one that is new. */
const listed = new WeakMap<TaskWorkspace, Set<string>>();

/** Adds the paths not listed yet, each on a line of its own even after one that a crash cut short. */
export function noteKept(workspace: TaskWorkspace, changes: readonly Change[]): void {
  const seen = listed.get(workspace);
  if (seen !== undefined && changes.every(({ path }) => seen.has(path))) return;
  const known = new Set(keptPaths(workspace));
  const lines = changes.filter(({ path }) => !known.has(path)).map(({ path }) => `\n${JSON.stringify(path)}`);
  if (lines.length > 0) appendFileSync(fileOf(workspace), lines.join(""), { flush: true });
  for (const { path } of changes) known.add(path);
  listed.set(workspace, known);
}

/** Every path kept so far. A line cut short by a crash is left out; recovery adds it again. */
export function keptPaths(workspace: TaskWorkspace): string[] {
  return [...new Set(readList(workspace).split("\n").flatMap(parseLine))];
}

function readList(workspace: TaskWorkspace): string {
  try {
    return readFileSync(fileOf(workspace), "utf8");
  } catch {
    return ""; // nothing was kept yet
  }
}

function parseLine(line: string): string[] {
  try {
    return line === "" ? [] : [JSON.parse(line) as string];
  } catch {
    return [];
  }
}
