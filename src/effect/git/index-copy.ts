import { copyFile, stat, utimes } from "node:fs/promises";

/**
 * Copies an index of git with its time. Git takes an entry for changed by whole seconds, size and inode, and looks into a
 * file as new as the index itself: a younger copy would hide what was written where it lay within that second.
 * Throws the disk's error.
 */
export async function copyIndex(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  const { atime, mtime } = await stat(from);
  await utimes(to, atime, mtime);
}
