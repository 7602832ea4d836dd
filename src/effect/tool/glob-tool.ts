import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { MAX_GLOB_RESULTS } from "../../kernel/bounds.js";
import type { ToolInput } from "../../schema/tool.js";
import { type Call, type Permit, useOnce } from "../authority.js";
import type { TaskWorkspace } from "../workspace/workspace.js";
import { below, listVisible, matchGlob, toolDirectory } from "./file-list.js";
import { type ToolResult, toolError } from "./read-tool.js";
import { openSearcher } from "./search-worker.js";

/**
 * `Glob`: files whose path below `path` matches the pattern, newest first, at most MAX_GLOB_RESULTS.
 * Paths come as the agent sees them, absolute. Throws Fault ERROR_NOT_APPROVED.
 */
export async function globTool(
  permit: Permit,
  workspace: TaskWorkspace,
  call: Call<ToolInput<"Glob">>,
): Promise<ToolResult> {
  useOnce(permit, call);
  const directory = toolDirectory(workspace, call.args.path);
  if (!directory.ok) return toolError(directory.error);
  const pattern = withoutRoot(call.args.pattern, workspace.shownRoot);
  const visible = await listVisible(workspace, `${directory.value}/${pattern}`);
  const searcher = openSearcher();
  try {
    const candidates = below(visible, directory.value);
    const glob = { pattern, directory: directory.value, byName: false };
    const matched = await matchGlob(searcher, candidates, glob);
    return matched.ok ? list(workspace, await newestFirst(workspace, matched.value)) : toolError(matched.error);
  } finally {
    await searcher.close();
  }
}

/** An absolute pattern below the workspace as agents see it means the same as the relative one. */
function withoutRoot(pattern: string, shownRoot: string): string {
  return pattern.startsWith(`${shownRoot}/`) ? pattern.slice(shownRoot.length + 1) : pattern.replace(/^\.\//, "");
}

/** Regular files only, by modification time, then by path. */
async function newestFirst(workspace: TaskWorkspace, paths: readonly string[]): Promise<string[]> {
  const dated: { path: string; atMs: number }[] = [];
  for (const path of paths) {
    const stat = await lstat(join(workspace.worktree, path)).catch(() => undefined);
    if (stat?.isFile() === true) dated.push({ path, atMs: stat.mtimeMs });
  }
  dated.sort((a, b) => b.atMs - a.atMs || (a.path < b.path ? -1 : 1));
  return dated.map(({ path }) => path);
}

function list(workspace: TaskWorkspace, paths: readonly string[]): ToolResult {
  if (paths.length === 0) return { content: "No files found", is_error: false };
  const lines = paths.slice(0, MAX_GLOB_RESULTS).map((path) => `${workspace.shownRoot}/${path}`);
  if (paths.length > MAX_GLOB_RESULTS)
    lines.push(`(${paths.length - MAX_GLOB_RESULTS} more; use a narrower pattern or path)`);
  return { content: lines.join("\n"), is_error: false };
}
