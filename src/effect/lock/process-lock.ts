import { existsSync, readFileSync } from "node:fs";
import { link, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { MAX_LOCK_WAIT_MS } from "../../kernel/bounds.js";
import { type Clock, systemClock } from "../../kernel/clock.js";
import { Fault } from "../../kernel/fault.js";
import { systemRandom } from "../../kernel/ids.js";
import { makeFolder } from "../disk/make-folder.js";

/** Time between two looks at a lock that is held. */
const POLL_MS = 20;

/** What follows a lock's name in that of a claim, and of one that was moved away. */
const CLAIM = /^[0-9a-f]{16}(?:\.stale)?$/;

/** Who holds a lock. The start time tells a process from a later one with the same pid. */
interface Holder {
  readonly pid: number;
  readonly start: string;
  readonly nonce: string;
}

/**
 * Runs `work` while holding the lock file, waiting for other processes and, in their order, other callers in this one.
 * The lock of a dead process is taken over at once. It keeps worknode's processes from getting in each
 * other's way; what must never be wrong is decided by git's own compare-and-swap of refs.
 * Throws Fault LOCK_TIMEOUT (transient) after MAX_LOCK_WAIT_MS.
 */
export async function withLock<T>(file: string, work: () => Promise<T>, clock: Clock = systemClock): Promise<T> {
  const turn = (turns.get(file) ?? Promise.resolve()).then(() => holdLock(file, work, clock));
  const over = turn.then(
    () => undefined,
    () => undefined,
  );
  turns.set(file, over);
  try {
    return await turn;
  } finally {
    if (turns.get(file) === over) turns.delete(file);
  }
}

/** When the last caller of this process will be done with a lock: looking again and again is for other processes. */
const turns = new Map<string, Promise<void>>();

async function holdLock<T>(file: string, work: () => Promise<T>, clock: Clock): Promise<T> {
  const holder: Holder = { pid: process.pid, start: startTimeOf(process.pid) ?? "", nonce: systemRandom.hex(8) };
  const mine = `${file}.${holder.nonce}`;
  makeFolder(dirname(file), 0o700);
  await writeFile(mine, JSON.stringify(holder), { mode: 0o600 });
  try {
    await waitFor(file, mine, clock);
    try {
      return await work();
    } finally {
      await rm(file, { force: true });
    }
  } finally {
    await rm(mine, { force: true });
  }
}

async function waitFor(file: string, mine: string, clock: Clock): Promise<void> {
  for (let waitedMs = 0; waitedMs <= MAX_LOCK_WAIT_MS; waitedMs += POLL_MS) {
    if (await claim(file, mine)) return;
    await removeDead(file, mine);
    await clock.sleep(POLL_MS);
  }
  throw new Fault("LOCK_TIMEOUT", `${file} has been held for ${MAX_LOCK_WAIT_MS} ms by another worknode process`, {
    retry: "transient",
  });
}

/** A hard link is made whole or not at all, with the holder already written in it. */
async function claim(file: string, mine: string): Promise<boolean> {
  try {
    await link(mine, file);
    return true;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw thrown;
  }
}

/** Moves the lock of a dead process away; puts it back when it turns out to be another's by now. */
async function removeDead(file: string, mine: string): Promise<void> {
  const seen = await readFile(file, "utf8").catch(() => undefined);
  if (seen === undefined || isAlive(parseHolder(seen))) return;
  const aside = `${mine}.stale`;
  await rename(file, aside).catch(() => undefined);
  const moved = await readFile(aside, "utf8").catch(() => seen);
  if (moved !== seen) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
  await removeClaims(file);
}

/** Removes what dead processes wrote to claim a lock. A claim that cannot be read is being written. */
async function removeClaims(file: string): Promise<void> {
  const of = `${basename(file)}.`;
  const names = await readdir(dirname(file));
  for (const name of names.filter((one) => one.startsWith(of) && CLAIM.test(one.slice(of.length)))) {
    const claimed = join(dirname(file), name);
    const holder = parseHolder(await readFile(claimed, "utf8").catch(() => ""));
    if (holder !== undefined && !isAlive(holder)) await rm(claimed, { force: true });
  }
}

function parseHolder(text: string): Holder | undefined {
  try {
    return JSON.parse(text) as Holder;
  } catch {
    return undefined;
  }
}

/** A holder that cannot be read counts as dead: lock files appear whole. */
function isAlive(holder: Holder | undefined): boolean {
  if (holder === undefined || !Number.isSafeInteger(holder.pid)) return false;
  const start = startTimeOf(holder.pid);
  return start !== undefined && start === holder.start;
}

/**
 * Start time of a process in clock ticks since boot, undefined when it is gone. Where there is no
 * `/proc` it is the empty text for every living process.
 */
export function startTimeOf(pid: number, procDir = "/proc"): string | undefined {
  if (!existsSync(`${procDir}/self/stat`)) return isSignalable(pid) ? "" : undefined;
  try {
    const stat = readFileSync(`${procDir}/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

function isSignalable(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
