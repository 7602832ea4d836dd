import { createHash } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { open, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { MAX_EFFECT_BYTES, MAX_EFFECT_NAME_BYTES, MAX_EFFECTS, MAX_SANDBOX_FILE_BYTES } from "../../kernel/bounds.js";
import { Fault } from "../../kernel/fault.js";
import type { Change, ChangeKind } from "../../schema/effect.js";
import { findOpaque } from "./opaque.js";
import { isWhiteout, makeReadable, type UpperEntry, walkUpper } from "./upper-walk.js";

/** Paths of the layer that are no effects: scratch, as `findScratch` tells it. */
export interface EffectOptions {
  readonly scratch?: ReadonlySet<string>;
}

/** Permission bits whose change is an effect; who else may read or write a file is no part of it, as for git. */
const MODE_BITS = 0o7711;
const SPECIAL_BITS = 0o7000;
const CHUNK_BYTES = 1024 * 1024;

/**
 * The net effects of a command, by walking the upper layer and comparing it with the base, in path
 * order. Content copied up but unchanged is no effect. Of a removed directory the topmost name is
 * listed. A new directory is listed when nothing listed lies in it, with `after` null. A name that is
 * no text is listed as `special`. Opens regular files only, and nothing runs in the layer any more.
 * Throws Fault EFFECTS_LIMIT beyond MAX_EFFECTS changes, MAX_EFFECT_NAME_BYTES or MAX_EFFECT_BYTES, or where a file was cut off: the call is then refused whole.
 */
export async function listEffects(upper: string, lower: string, options: EffectOptions = {}): Promise<Change[]> {
  const scratch = options.scratch ?? new Set();
  const entries: UpperEntry[] = [];
  let bytes = 0;
  await walkUpper(upper, lower, (entry) => {
    if (scratch.has(entry.path)) return false;
    if (entry.upper.isFile()) bytes += wholeSize(entry);
    if (bytes > MAX_EFFECT_BYTES)
      throw new Fault("EFFECTS_LIMIT", `the command's files hold more than ${MAX_EFFECT_BYTES} bytes`, { exitCode: 3 });
    entries.push(entry);
    return true;
  });
  const changes: Change[] = [];
  let nameBytes = 0;
  const add = (found: readonly Change[]): void => {
    changes.push(...found);
    for (const { path } of found) nameBytes += Buffer.byteLength(path);
    if (changes.length > MAX_EFFECTS)
      throw new Fault("EFFECTS_LIMIT", `the command has more than ${MAX_EFFECTS} effects`, { exitCode: 3 });
    if (nameBytes > MAX_EFFECT_NAME_BYTES) {
      const message = `the names of what the command changed take more than ${MAX_EFFECT_NAME_BYTES} bytes`;
      throw new Fault("EFFECTS_LIMIT", message, { exitCode: 3 });
    }
  };
  for (const entry of entries) add(await judgeEntry(entry, upper, lower));
  add(await hiddenNames(entries, upper, lower));
  add(emptyDirectories(entries, [...changes.map((change) => change.path), ...scratch]));
  return changes.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The system ends who writes more to a file: one that is as long as it may be is taken for the beginning of a longer one. */
function wholeSize({ upper: { size } }: UpperEntry): number {
  if (size < MAX_SANDBOX_FILE_BYTES) return size;
  const message = `the command left a file of ${size} bytes: at ${MAX_SANDBOX_FILE_BYTES} it was cut off`;
  throw new Fault("EFFECTS_LIMIT", message, { exitCode: 3 });
}

function change(path: string, kind: ChangeKind, before: string | null = null, after: string | null = null): Change {
  return { path, kind, before, after };
}

async function judgeEntry(entry: UpperEntry, upper: string, lower: string): Promise<Change[]> {
  const { path, base } = entry;
  if (!entry.readable) return [change(path, "special")];
  const before = await hashBase(join(lower, path), base);
  if (isWhiteout(entry.upper)) return base === undefined ? [] : [change(path, "delete", before)];
  if (entry.upper.isSymbolicLink()) return judgeLink(entry, upper, lower, before);
  if (entry.upper.isDirectory()) return judgeDirectory(entry, before);
  return entry.upper.isFile() ? judgeFile(entry, upper, before) : [change(path, "special", before)];
}

async function hashBase(path: string, base: Stats | undefined): Promise<string | null> {
  return base?.isFile() === true ? hashFile(path, base) : null;
}

async function judgeLink(entry: UpperEntry, upper: string, lower: string, before: string | null): Promise<Change[]> {
  const same =
    entry.base?.isSymbolicLink() === true &&
    (await readlink(join(upper, entry.path), "buffer")).equals(await readlink(join(lower, entry.path), "buffer"));
  return same ? [] : [change(entry.path, "link", before)];
}

async function judgeFile(entry: UpperEntry, root: string, before: string | null): Promise<Change[]> {
  const { path, base, upper } = entry;
  await makeReadable(join(root, path));
  const after = await hashFile(join(root, path), upper);
  if (base !== undefined && !base.isFile()) return [change(path, "type", null, after)];
  const changes = before === after ? [] : [change(path, base === undefined ? "add" : "modify", before, after)];
  const modeChanged =
    base === undefined ? (upper.mode & SPECIAL_BITS) !== 0 : ((upper.mode ^ base.mode) & MODE_BITS) !== 0;
  if (modeChanged) changes.push(change(path, "mode", before, after));
  return changes;
}

function judgeDirectory(entry: UpperEntry, before: string | null): Change[] {
  const { path, base, upper } = entry;
  if (base === undefined) return [];
  if (!base.isDirectory()) return [change(path, "type", before)];
  return ((upper.mode ^ base.mode) & MODE_BITS) === 0 ? [] : [change(path, "mode")];
}

/** Names of the base that an opaque directory hides and does not hold again. */
async function hiddenNames(entries: readonly UpperEntry[], upper: string, lower: string): Promise<Change[]> {
  const merged = entries.filter((entry) => entry.upper.isDirectory() && entry.base?.isDirectory() === true);
  const opaque = await findOpaque(
    upper,
    merged.map((entry) => entry.path),
  );
  const changes: Change[] = [];
  for (const directory of opaque) {
    const kept = new Set(await readdir(join(upper, directory)));
    for (const name of await readdir(join(lower, directory)))
      if (!kept.has(name)) changes.push(change(`${directory}/${name}`, "delete"));
  }
  return changes;
}

/** New directories that lead to nothing listed and to no scratch. */
function emptyDirectories(entries: readonly UpperEntry[], listed: readonly string[]): Change[] {
  const leading = new Set<string>();
  const note = (path: string): void => {
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1))
      leading.add(path.slice(0, end));
  };
  listed.forEach(note);
  const made = entries.filter((entry) => entry.upper.isDirectory() && entry.base === undefined);
  for (const entry of made) note(entry.path);
  return made.filter((entry) => entry.readable && !leading.has(entry.path)).map((entry) => change(entry.path, "add"));
}

/** SHA-256 of a regular file. Refuses anything else that took its place, and never waits on a FIFO. */
export async function hashFile(path: string, stats: Stats): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if (!(await file.stat()).isFile()) throw new Fault("EFFECTS_UNREADABLE", `${path} is no longer a regular file`);
    const hash = createHash("sha256");
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, Math.max(stats.size, 1)));
    for (let read = await file.read(buffer); read.bytesRead > 0; read = await file.read(buffer))
      hash.update(buffer.subarray(0, read.bytesRead));
    return hash.digest("hex");
  } finally {
    await file.close();
  }
}
