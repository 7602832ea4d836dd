import type { AnyEvent } from "../schema/event.js";
import type { Connection } from "./connection.js";
import { callProjectors } from "./projections/calls.js";
import { readDataVersion } from "./sql/read-data-version.js";

/** Tells whether anything but calls may have changed: what was read from other tables holds while the number does. */
export interface Changes {
  /** Another number than before where another process has committed since, or this one anything but records of calls. */
  readonly count: () => number;
  /** Told of every event appended here, and of whatever else was written or rolled back (no events). */
  readonly note: (events?: readonly AnyEvent[]) => void;
}

/** Counts the changes of an open database. Each question costs one PRAGMA. */
export function createChanges(db: Connection): Changes {
  let count = 0;
  let version: number | undefined;
  return {
    count() {
      const now = db.get<{ data_version: number }>(readDataVersion)?.data_version;
      if (now !== version) count += 1;
      version = now;
      return count;
    },
    note(events) {
      if (events === undefined || events.some(({ type }) => !(type in callProjectors))) count += 1;
    },
  };
}
