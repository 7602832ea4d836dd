import { lstat, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import { hashOf } from "../../kernel/canonical.js";
import { hashFile } from "../disk/file-content.js";
import type { TaskWorkspace } from "./workspace.js";

/** Files looked at for a sign; of more the tree is made anew each time. */
const MAX_SIGNED_FILES = 256;

/** What a worktree held, and the tree it makes. */
interface Remembered {
  readonly sign: string;
  readonly tree: string;
}

const trees = new WeakMap<TaskWorkspace, Remembered>();

/** The tree that was made of exactly this; undefined where none is known, or git holds it no longer. */
export async function recallTree(workspace: TaskWorkspace, sign: string | undefined): Promise<string | undefined> {
  const known = trees.get(workspace);
  if (known === undefined || known.sign !== sign) return undefined;
  const [object] = await workspace.git.objects.describe([known.tree]); // whoever prunes takes what no branch leads to
  return object?.id;
}

/** Remembers a tree where the worktree is still what it was when it was begun. */
export function rememberTree(
  workspace: TaskWorkspace,
  tree: string,
  signs: { readonly before: string | undefined; readonly after: string | undefined },
): void {
  if (signs.before !== undefined && signs.before === signs.after) trees.set(workspace, { sign: signs.before, tree });
}

/**
 * What the tree of a worktree follows from: its index, and content, mode and times of every file that differs from it.
 * Undefined where that cannot be told: too many files, or one that is no file.
 */
export async function signWorktree(workspace: TaskWorkspace, paths: readonly string[]): Promise<string | undefined> {
  if (paths.length > MAX_SIGNED_FILES) return undefined;
  const { mtimeNs, size, ino } = await stat(join(workspace.gitDir, "index"), { bigint: true });
  const files: string[] = [];
  for (const path of paths) {
    const sign = await signFile(join(workspace.worktree, path));
    if (sign === undefined) return undefined;
    files.push(path, sign);
  }
  return hashOf([`${mtimeNs}:${size}:${ino}`, ...files]);
}

async function signFile(absolute: string): Promise<string | undefined> {
  const stats = await lstat(absolute, { bigint: true }).catch(missing);
  if (stats === undefined) return "missing";
  const { mode, ino, size, mtimeNs, ctimeNs } = stats;
  const place = `${mode}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
  if (stats.isSymbolicLink()) return `${place}:${await readlink(absolute)}`;
  const content = stats.isFile() ? await hashFile(absolute) : null;
  return content === null ? undefined : `${place}:${content}`;
}

function missing(thrown: unknown): undefined {
  const { code } = thrown as NodeJS.ErrnoException;
  if (code !== "ENOENT" && code !== "ENOTDIR") throw thrown;
}
