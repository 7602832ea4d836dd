import { copyFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { systemRandom } from "../../kernel/ids.js";
import type { Repository } from "../repository/repository.js";
import type { TreeDifference } from "./tree.js";

/**
 * Trees that hold, on top of the tree `from`, the first of these changes, the first two, and so on: what was added and
 * modified, with its mode. What the changes were made from must be what `from` holds there. Neither a branch nor a worktree is touched.
 * Throws Fault GIT_FAILED.
 */
export async function overlayTrees(
  repository: Repository,
  from: string,
  layers: readonly (readonly TreeDifference[])[],
): Promise<string[]> {
  if (layers.length === 0) return [];
  const base = join(repository.stateDir, `index.${systemRandom.hex(8)}`);
  try {
    await repository.git.run(["read-tree", from], { indexFile: base });
    return await Promise.all(
      layers.map((_, at) => overlay(repository, { base, indexFile: `${base}.${at}` }, layers.slice(0, at + 1).flat())),
    );
  } finally {
    await rm(base, { force: true });
  }
}

async function overlay(
  { git }: Repository,
  { base, indexFile }: { base: string; indexFile: string },
  changes: readonly TreeDifference[],
): Promise<string> {
  try {
    await copyFile(base, indexFile);
    const input = changes.map(({ mode, after, path }) => `${mode} ${after}\t${path}\0`).join("");
    await git.run(["update-index", "-z", "--index-info"], { indexFile, input });
    return (await git.run(["write-tree"], { indexFile })).trim();
  } finally {
    await rm(indexFile, { force: true });
  }
}

/** Whether none of these paths is one of the others, leads to one, or lies below one. */
export function areApart(paths: readonly string[], others: ReadonlySet<string>): boolean {
  const folders = new Set([...others].flatMap(foldersOf));
  return paths.every(
    (path) => !others.has(path) && !folders.has(path) && !foldersOf(path).some((folder) => others.has(folder)),
  );
}

/** Every folder on the way to a path. */
function foldersOf(path: string): string[] {
  const segments = path.split("/").slice(0, -1);
  return segments.map((_, index) => segments.slice(0, index + 1).join("/"));
}
