import type { Stats } from "node:fs";
import { chmod, lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { MAX_LAYER_ENTRIES } from "../../kernel/bounds.js";
import { Fault } from "../../kernel/fault.js";

/** One entry of the upper layer and what the base holds at the same path. */
export interface UpperEntry {
  /** Layer-relative path. */
  readonly path: string;
  readonly upper: Stats;
  /** Undefined where the base has nothing there. */
  readonly base: Stats | undefined;
  /** False for a name that is no UTF-8 text; such a path cannot be spoken about. */
  readonly readable: boolean;
}

/** What `visit` wants done with a directory. */
export type Descend = boolean;

/** Longest absolute path that is looked at (bytes). A system call takes 4,095, and other places of a task are named longer. */
const MAX_PLACE_BYTES = 3_583;

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Walks the upper layer without opening anything: directories before what they hold, entries in name
 * order. `visit` says whether to go into a directory. The base of an entry is looked for only below
 * directories of the base, never through a link. Throws Fault EFFECTS_LIMIT beyond MAX_LAYER_ENTRIES and MAX_PLACE_BYTES.
 */
export async function walkUpper(upper: string, base: string, visit: (entry: UpperEntry) => Descend): Promise<void> {
  const waiting: Waiting[] = [{ path: "", inBase: true }];
  let seen = 0;
  for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
    await makeReadable(join(upper, directory.path));
    for (const name of await listNames(join(upper, directory.path))) {
      seen += 1;
      if (seen > MAX_LAYER_ENTRIES)
        throw new Fault("EFFECTS_LIMIT", `the command changed more than ${MAX_LAYER_ENTRIES} files`, { exitCode: 3 });
      const entry = await lookAt(upper, base, directory, name);
      const enters = visit(entry) && entry.readable && entry.upper.isDirectory();
      if (enters) waiting.push({ path: entry.path, inBase: isDirectory(entry.base) });
    }
  }
}

function isDirectory(stats: Stats | undefined): boolean {
  return stats?.isDirectory() === true;
}

/** A directory of the layer still to be walked. */
interface Waiting {
  readonly path: string;
  /** Whether the base has a directory there, too. */
  readonly inBase: boolean;
}

async function lookAt(upper: string, base: string, directory: Waiting, bytes: Buffer): Promise<UpperEntry> {
  const { name, readable } = decodeName(bytes);
  const path = directory.path === "" ? name : `${directory.path}/${name}`;
  const place = Buffer.concat([Buffer.from(`${join(upper, directory.path)}/`), bytes]);
  if (place.length > MAX_PLACE_BYTES)
    throw new Fault("EFFECTS_LIMIT", "the command left a path longer than can be looked at", { exitCode: 3 });
  const stats = await lstat(place);
  const under = readable && directory.inBase ? await lstat(join(base, path)).catch(missing) : undefined;
  return { path, upper: stats, base: under, readable };
}

/** Gives back the permissions a command took away from itself; the mode it left was recorded before. */
export async function makeReadable(path: string): Promise<void> {
  const stats = await lstat(path);
  const needed = stats.isDirectory() ? 0o700 : 0o400;
  if ((stats.mode & needed) !== needed) await chmod(path, (stats.mode & 0o777) | needed);
}

async function listNames(directory: string): Promise<Buffer[]> {
  const names = await readdir(directory, { encoding: "buffer" });
  return names.sort((a, b) => Buffer.compare(a, b));
}

function decodeName(bytes: Buffer): { name: string; readable: boolean } {
  try {
    return { name: decoder.decode(bytes), readable: true };
  } catch {
    return { name: bytes.toString("latin1"), readable: false };
  }
}

/** Absent is an answer; anything else is a fault. */
export function missing(thrown: unknown): undefined {
  const code = (thrown as NodeJS.ErrnoException).code;
  if (code === "ENOENT" || code === "ENOTDIR") return undefined;
  throw thrown;
}

/** The kernel's mark for a removed name: a character device 0, 0. */
export function isWhiteout(stats: Stats): boolean {
  return stats.isCharacterDevice() && stats.rdev === 0;
}
