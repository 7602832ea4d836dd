import { dirname } from "node:path";
import { MAX_LOCK_WAIT_MS } from "../kernel/bounds.js";
import { type Clock, systemClock } from "../kernel/clock.js";
import { Fault } from "../kernel/fault.js";
import { type OsLock, takeOsLock } from "../store/os-lock.js";
import { makeFolder } from "./make-folder.js";

/** Time between two looks at a lock that is held. */
const POLL_MS = 20;

/**
 * Runs `work` while holding the lock of a file, waiting for other processes and, in their order, other callers in this one.
 * The kernel keeps the lock (docs/adr/0020): that of a dead process is free at once, that of a living one is held whichever
 * container it is in. The empty file stays. It keeps worknode's processes from getting in each
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
  makeFolder(dirname(file), 0o700);
  const lock = await waitFor(file, clock);
  try {
    return await work();
  } finally {
    lock.release();
  }
}

async function waitFor(file: string, clock: Clock): Promise<OsLock> {
  for (let waitedMs = 0; waitedMs <= MAX_LOCK_WAIT_MS; waitedMs += POLL_MS) {
    const lock = takeOsLock(file);
    if (lock !== undefined) return lock;
    await clock.sleep(POLL_MS);
  }
  throw new Fault("LOCK_TIMEOUT", `${file} has been held for ${MAX_LOCK_WAIT_MS} ms by another worknode process`, {
    retry: "transient",
  });
}
