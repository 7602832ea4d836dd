import picomatch from "picomatch";
import { MAX_PATTERN_CHARS } from "../../kernel/bounds.js";
import { err, ok, type Result } from "../../kernel/result.js";
import { splitNul } from "../git/git.js";
import { keptPaths } from "../workspace/kept-paths.js";
import { toolPath } from "../workspace/tool-path.js";
import type { TaskWorkspace } from "../workspace/workspace.js";
import type { Searcher } from "./search-worker.js";

/**
 * Files of the worktree that agents may see: tracked, untracked and not ignored, or kept by a call.
 * What `workspace.deny` names is left out, and `node_modules` unless `named` names it. Sorted.
 */
export async function listVisible(workspace: TaskWorkspace, named: string): Promise<string[]> {
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const paths = new Set([...splitNul(await workspace.git.run(args)), ...keptPaths(workspace)]);
  const skipsModules = !named.includes("node_modules");
  return [...paths]
    .filter((path) => !(skipsModules && /(^|\/)node_modules\//.test(path)) && !workspace.isDenied(path))
    .sort();
}

/** The directory that a tool's `path` means: empty for the workspace itself. */
export function toolDirectory(workspace: TaskWorkspace, raw: string | undefined): Result<string, string> {
  const trimmed = (raw ?? "").replace(/(?<!\/)\/+$/, "");
  if (trimmed === "" || trimmed === "." || trimmed === workspace.shownRoot) return ok("");
  return toolPath(workspace, trimmed);
}

/** The paths at or below `directory` (workspace-relative, empty for all). */
export function below(paths: readonly string[], directory: string): string[] {
  if (directory === "") return [...paths];
  return paths.filter((path) => path === directory || path.startsWith(`${directory}/`));
}

/**
 * The paths that match a glob taken relative to `directory`. `byName` lets a pattern without `/` match
 * a file's name at any depth. Matched on the searcher's thread, within its time.
 */
export async function matchGlob(
  searcher: Searcher,
  paths: readonly string[],
  glob: { pattern: string; directory: string; byName: boolean },
): Promise<Result<string[], string>> {
  if (glob.pattern.length > MAX_PATTERN_CHARS) return err(`the pattern is longer than ${MAX_PATTERN_CHARS} characters`);
  const nameOnly = glob.byName && !glob.pattern.includes("/");
  const skip = glob.directory === "" ? 0 : glob.directory.length + 1;
  const matcher = picomatch.makeRe(glob.pattern, { dot: true });
  const texts = paths.map((path) => ({
    path,
    text: nameOnly ? path.slice(path.lastIndexOf("/") + 1) : path.slice(skip),
  }));
  const hits = await searcher.search({
    source: matcher.source,
    flags: matcher.flags,
    texts,
    filter: true,
  });
  return hits.ok ? ok(hits.value.map(({ path }) => path)) : hits;
}
