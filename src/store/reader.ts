import { openToRead } from "./connection.js";
import { guardAll } from "./faults.js";
import { createQueries, type Queries } from "./queries.js";

/** What a store answers without its writing side: all that the brief and the status need. */
export interface StoreReader {
  readonly path: string;
  readonly queries: Queries;
  close(): void;
}

/**
 * Opens the store at `path` for its questions alone, changing nothing: what a short command pays for. Throws
 * Fault STORE_NEWER, STORE_CORRUPT, STORE_READONLY or STORE_MISSING (exit 2).
 */
export function openReader(path: string): StoreReader {
  const db = openToRead(path);
  return { path, queries: guardAll(path, createQueries(db)), close: () => db.database.close() };
}
