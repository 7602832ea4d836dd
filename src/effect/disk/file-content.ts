import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, lstatSync, mkdirSync, openSync, readSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Fault } from "../../kernel/fault.js";

/** Bytes read at a time; between two reads of a longer file others get their turn. */
const CHUNK_BYTES = 1024 * 1024;

/** SHA-256 of a regular file as hex; null when there is none (missing, a link, something else). */
export async function hashFile(absolute: string): Promise<string | null> {
  const hash = createHash("sha256");
  const found = await readChunks(absolute, (chunk) => {
    hash.update(chunk);
  });
  return found ? hash.digest("hex") : null;
}

/** Permission bits of a regular file, or undefined when there is none. */
export function modeOf(absolute: string): number | undefined {
  const stat = lstatSync(absolute, { throwIfNoEntry: false });
  return stat?.isFile() === true ? stat.mode & 0o777 : undefined;
}

/**
 * Copies a regular file to a new name, forces it to disk, and returns the SHA-256 of what was copied.
 * Null when the source is not a regular file.
 */
export async function copyDurable(source: string, target: string, mode: number): Promise<string | null> {
  const hash = createHash("sha256");
  const to = await open(target, "wx", mode);
  try {
    const found = await readChunks(source, async (chunk) => {
      hash.update(chunk);
      await to.writeFile(chunk);
    });
    await to.chmod(mode);
    await to.sync();
    return found ? hash.digest("hex") : null;
  } finally {
    await to.close();
  }
}

/** Hands a regular file's bytes on, never following a link at its name; false when there is no such file. */
async function readChunks(absolute: string, take: (chunk: Buffer) => void | Promise<void>): Promise<boolean> {
  const descriptor = openRegular(absolute);
  if (descriptor === undefined) return false;
  try {
    const size = fstatSync(descriptor).size;
    const buffer = Buffer.allocUnsafe(Math.min(size, CHUNK_BYTES) + 1);
    for (let length = -1; length !== 0; ) {
      if (length > 0 && size > CHUNK_BYTES) await nextTurn();
      length = readSync(descriptor, buffer);
      await take(buffer.subarray(0, length));
    }
    return true;
  } finally {
    closeSync(descriptor);
  }
}

/** The first bytes of a regular file, as Latin-1; empty when there is no such file. */
export function beginningOf(absolute: string, bytes: number): string {
  const descriptor = openRegular(absolute);
  if (descriptor === undefined) return "";
  try {
    const buffer = Buffer.alloc(bytes);
    return buffer.toString("latin1", 0, readSync(descriptor, buffer, 0, bytes, 0));
  } finally {
    closeSync(descriptor);
  }
}

/** A descriptor of a regular file. O_NONBLOCK so that a FIFO at the name cannot make the open wait for a writer. */
export function openRegular(absolute: string): number | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(absolute, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  if (fstatSync(descriptor).isFile()) return descriptor;
  closeSync(descriptor);
  return undefined;
}

/** Makes the directories that lead to `path`, each of them a real one. Throws Fault NOT_A_DIRECTORY otherwise. */
export function ensureParents(worktree: string, path: string): void {
  const parent = dirname(path);
  if (parent === ".") return;
  let here = worktree;
  for (const segment of parent.split("/")) {
    here = join(here, segment);
    const stat = lstatSync(here, { throwIfNoEntry: false });
    if (stat === undefined) mkdirSync(here, { mode: 0o755 });
    else if (!stat.isDirectory()) throw new Fault("NOT_A_DIRECTORY", `${here} is not a directory`);
  }
}
