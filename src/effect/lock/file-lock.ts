import { accessSync, constants, existsSync } from "node:fs";
import { dirname } from "node:path";
import { MAX_LOCK_WAIT_MS } from "../../kernel/bounds.js";
import { type Clock, systemClock } from "../../kernel/clock.js";
import { Fault, invalid, messageOf } from "../../kernel/fault.js";
import { type OsLock, takeOsLock } from "../../store/os-lock.js";
import { diskFault } from "../disk/disk-fault.js";
import { makeFolder } from "../disk/make-folder.js";

/** Time between two looks at a lock that is held. */
const POLL_MS = 20;

/**
 * Runs `work` while holding the lock of a file, waiting for other processes and, in their order, other callers in this one.
 * The lock is the kernel's (docs/adr/0020): it ends with its process, however that dies and in whichever container it is.
 * The file stays, empty. It keeps worknode's processes from getting in each other's way; what must never be wrong is
 * decided by git's own compare-and-swap of refs.
 * Throws Fault LOCK_TIMEOUT (transient) after MAX_LOCK_WAIT_MS, LOCK_UNREADABLE (exit 2) where nobody can tell whether it is
 * held, and DISK_FULL or DISK_REFUSED (exit 2).
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
  const lock = await waitFor(file, clock);
  try {
    return await work();
  } finally {
    lock.release();
  }
}

async function waitFor(file: string, clock: Clock): Promise<OsLock> {
  for (let waitedMs = 0; waitedMs <= MAX_LOCK_WAIT_MS; waitedMs += POLL_MS) {
    const lock = take(file);
    if (lock !== undefined) return lock;
    await clock.sleep(POLL_MS);
  }
  throw new Fault(
    "LOCK_TIMEOUT",
    `${file} has been held for ${MAX_LOCK_WAIT_MS} ms by another worknode process, perhaps in another container. It is free as soon as that process ends: leave the file where it is, and end the process (\`worknode kill\`) if it hangs.`,
    { retry: "transient" },
  );
}

/** Undefined while another holds it. What cannot be told is never taken for free. */
function take(file: string): OsLock | undefined {
  try {
    makeFolder(dirname(file), 0o700);
    // of a file that may only be read, two could hold the lock at once
    if (existsSync(file)) accessSync(file, constants.W_OK);
    return takeOsLock(file);
  } catch (thrown) {
    const code = (thrown as { code?: unknown }).code;
    if (typeof code !== "string" || !code.startsWith("SQLITE_")) throw diskFault(thrown, file);
    throw invalid("LOCK_UNREADABLE", `${unreadable(file)} (${messageOf(thrown)}). ${REMEDY}`, thrown);
  }
}

const unreadable = (file: string): string => `cannot tell whether another worknode process holds ${file}`;
const REMEDY =
  "If none works on this project, on this machine or in a container of it, remove the file; where its file system keeps no locks, set XDG_STATE_HOME to a directory on one that does.";
