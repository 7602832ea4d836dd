import type Database from "better-sqlite3";
import { type Connection, openWith } from "../connection.js";
import { foreignStore, newerStore } from "../faults.js";
import { useWriteAheadLog } from "../writer.js";

/** Marks the file as ours (`PRAGMA application_id`): "wkal". */
const APPLICATION_ID = 0x776b616c;
const VERSION = 1;

/**
 * What the crews of one key share. `cap`: the person's limit over all of them, in nano-dollars; `reserved`: requests
 * under way that count against it. `rate`: what the server said last of a model's limits; `hold`: until when it wants
 * no more requests, and the turn that tries first afterwards; `mean`: what a request took. `turn`: requests that wait
 * or are under way; `crew`: whose turn was last. Times are epoch milliseconds.
 */
const SCHEMA = `
CREATE TABLE cap (
  id INTEGER PRIMARY KEY CHECK (id = 1), allowed INTEGER NOT NULL, spent INTEGER NOT NULL,
  set_at INTEGER NOT NULL, set_by TEXT NOT NULL
) STRICT;
CREATE TABLE reserved (
  id INTEGER PRIMARY KEY, amount INTEGER NOT NULL, pid INTEGER NOT NULL, start_time TEXT NOT NULL
) STRICT;
CREATE TABLE rate (
  model TEXT NOT NULL, kind TEXT NOT NULL, allowed INTEGER NOT NULL, remaining INTEGER NOT NULL,
  seen_at INTEGER NOT NULL, full_at INTEGER NOT NULL, PRIMARY KEY (model, kind)
) STRICT, WITHOUT ROWID;
CREATE TABLE hold (
  model TEXT PRIMARY KEY, set_at INTEGER NOT NULL, until INTEGER NOT NULL, probe INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE mean (model TEXT PRIMARY KEY, input REAL NOT NULL, output REAL NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE turn (
  ticket INTEGER PRIMARY KEY AUTOINCREMENT, model TEXT NOT NULL, crew TEXT NOT NULL, pid INTEGER NOT NULL,
  start_time TEXT NOT NULL, granted_at INTEGER, counted INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE crew (crew TEXT PRIMARY KEY, served INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`;

/** Opens the file at `path`, making it where it is missing. Throws Fault STORE_CORRUPT, STORE_NEWER, STORE_READONLY, STORE_FULL. */
export function openAllowanceFile(path: string): Connection {
  return openWith(path, false, (database) => {
    if (checkedVersion(database, path) < VERSION) {
      useWriteAheadLog(database);
      database.transaction(() => migrate(database, path)).immediate();
    } else {
      useWriteAheadLog(database);
    }
    database.pragma("synchronous = NORMAL");
  });
}

function checkedVersion(database: Database.Database, path: string): number {
  const version = database.pragma("user_version", { simple: true }) as number;
  const ours = database.pragma("application_id", { simple: true }) === APPLICATION_ID;
  if (!ours && database.prepare("SELECT 1 FROM sqlite_master").get() !== undefined) throw foreignStore(path);
  if (version > VERSION) throw newerStore(path, version, VERSION);
  return version;
}

/** Another process may have made the tables meanwhile. */
function migrate(database: Database.Database, path: string): void {
  if (checkedVersion(database, path) === VERSION) return;
  database.exec(SCHEMA);
  database.pragma(`application_id = ${APPLICATION_ID}`);
  database.pragma(`user_version = ${VERSION}`);
}
