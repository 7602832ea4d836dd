import { createHash } from "node:crypto";
import { constants, type ReadStream } from "node:fs";
import { type FileHandle, lstat, mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Fault } from "../kernel/fault.js";

/** Bytes read at a time from files of any length. */
const CHUNK_BYTES = 1024 * 1024;

/** SHA-256 of a regular file as hex; null when there is none (missing, a link, something else). */
export async function hashFile(absolute: string): Promise<string | null> {
  const handle = await openRegular(absolute);
  if (handle === null) return null;
  const hash = createHash("sha256");
  try {
    for await (const chunk of chunksOf(handle)) hash.update(chunk);
    return hash.digest("hex");
  } finally {
    await handle.close();
  }
}

/** Permission bits of a regular file, or undefined when there is none. */
export async function modeOf(absolute: string): Promise<number | undefined> {
  const stat = await lstat(absolute).catch(() => undefined);
  return stat?.isFile() === true ? stat.mode & 0o777 : undefined;
}

/**
 * Copies a regular file to a new name, forces it to disk, and returns the SHA-256 of what was copied.
 * Null when the source is not a regular file.
 */
export async function copyDurable(source: string, target: string, mode: number): Promise<string | null> {
  const from = await openRegular(source);
  if (from === null) return null;
  const hash = createHash("sha256");
  const to = await open(target, "wx", mode);
  try {
    for await (const chunk of chunksOf(from)) {
      hash.update(chunk);
      await to.write(chunk);
    }
    await to.chmod(mode);
    await to.sync();
    return hash.digest("hex");
  } finally {
    await to.close();
    await from.close();
  }
}

async function openRegular(absolute: string): Promise<FileHandle | null> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(absolute, flags).catch(() => null);
  if (handle === null) return null;
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  return null;
}

function chunksOf(handle: FileHandle): ReadStream & AsyncIterable<Buffer> {
  return handle.createReadStream({ autoClose: false, highWaterMark: CHUNK_BYTES });
}

/** Makes the directories that lead to `path`, each of them a real one. Throws Fault NOT_A_DIRECTORY otherwise. */
export async function ensureParents(worktree: string, path: string): Promise<void> {
  const parent = dirname(path);
  if (parent === ".") return;
  let here = worktree;
  for (const segment of parent.split("/")) {
    here = join(here, segment);
    await mkdir(here, { mode: 0o755 }).catch(ignoreExisting);
    if (!(await lstat(here)).isDirectory()) throw new Fault("NOT_A_DIRECTORY", `${here} is not a directory`);
  }
}

function ignoreExisting(thrown: unknown): void {
  if ((thrown as NodeJS.ErrnoException).code !== "EEXIST") throw thrown;
}
