import { closeSync, fdatasync, fdatasyncSync, openSync } from "node:fs";
import { promisify } from "node:util";
import { assert } from "../kernel/assert.js";
import { elapsedMs } from "../kernel/clock.js";
import type { Connection } from "./connection.js";

/** Once the disk is behind by this long, a commit waits for it after all (milliseconds). */
const MAX_BEHIND_MS = 1_000;

/** Commits that do not wait for the disk, and the sync that follows them. */
export interface LateSync {
  /**
   * Runs `work`, one transaction, whose commit survives the end of this process at once and the machine's once the sync
   * that begins now is done. Throws what the last sync failed with: nothing more is acknowledged then.
   */
  readonly commit: <T>(work: () => T) => T;
  /** Forces to disk what is not there yet, waits for it, and ends this. */
  readonly close: () => void;
}

/** The time, and how what is behind a descriptor is forced to disk: beside this thread, or holding it up. */
interface Effects {
  readonly nowMs: () => number;
  readonly sync: (file: number) => Promise<void>;
  readonly syncNow: (file: number) => void;
}

/**
 * Late syncs of one connection's write-ahead log. A commit lies in the kernel's cache before it is acknowledged, so `kill -9`
 * takes nothing of it. Frames of the log count only behind all frames before them: after a power cut the log ends earlier,
 * and never has a gap; and any later commit that waits for the disk puts those before it there as well (ADR 12).
 *
 *     idle ──commit──► behind, a sync under way ──commit──► and once more ──► … ──► idle
 *
 * The sync begins once what waits in this turn of the event loop was done: the answer that follows the commit goes first.
 */
export function createLateSync(
  db: Connection,
  { nowMs, sync, syncNow }: Effects = { nowMs: elapsedMs, sync: promisify(fdatasync), syncNow: fdatasyncSync },
): LateSync {
  let file: number | undefined;
  let behindSinceMs: number | undefined;
  let again = false;
  let failure: { readonly thrown: unknown } | undefined;

  /** SQLite keeps this file while a connection is open, and holds no lock on it that closing it would drop. */
  const wal = (): number => (file ??= openSync(`${db.path}-wal`, "r"));

  async function follow(): Promise<void> {
    try {
      while (again) {
        again = false;
        behindSinceMs = nowMs();
        await sync(wal());
      }
      behindSinceMs = undefined;
    } catch (thrown) {
      failure = { thrown };
    }
  }

  function begin(): void {
    again = true;
    if (behindSinceMs !== undefined) return;
    behindSinceMs = nowMs();
    setImmediate(() => void follow());
  }

  return {
    commit(work) {
      if (failure !== undefined) throw failure.thrown;
      assert(!db.database.inTransaction, "a late sync is of a transaction of its own");
      if (behindSinceMs !== undefined && nowMs() - behindSinceMs > MAX_BEHIND_MS) return work();
      db.database.exec("PRAGMA synchronous = NORMAL");
      try {
        return work();
      } finally {
        db.database.exec("PRAGMA synchronous = FULL");
        begin();
      }
    },
    close() {
      again = false;
      if (behindSinceMs !== undefined) syncNow(wal());
      if (file !== undefined) closeSync(file);
    },
  };
}
