import { type Connection, openToRead } from "./connection.js";
import { guard } from "./faults.js";
import { createLeaseReader, type LeaseReader } from "./lease.js";
import { createQueries, type Queries } from "./queries.js";

/** What a store answers without its writing side: all that the brief and the status need. */
export interface StoreReader {
  readonly path: string;
  readonly queries: Queries;
  readonly lease: LeaseReader;
  close(): void;
}

/**
 * Opens the store at `path` for its questions alone, changing nothing: what a short command pays for. All answers are
 * of one moment, that of the opening. Throws Fault STORE_NEWER, STORE_CORRUPT, STORE_READONLY, STORE_EMPTY or STORE_MISSING (exit 2).
 */
export function openReader(path: string): StoreReader {
  const db = openToRead(path);
  db.database.exec("BEGIN");
  const guarded = { get: guard(path, db.get), all: guard(path, db.all) } as Pick<Connection, "get" | "all">;
  return {
    path,
    queries: createQueries({ ...db, ...guarded }),
    lease: createLeaseReader({ ...guarded, path }),
    close: () => db.database.close(),
  };
}
