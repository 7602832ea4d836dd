import type Database from "better-sqlite3";
import type { Decision } from "../schema/memory.js";
import { type Connection, checkVersion, openWith } from "./connection.js";
import { newNodeName } from "./digest.js";
import { migrations } from "./migrations/list.js";
import { APPLICATION_ID, SCHEMA_VERSION } from "./migrations/version.js";
import { decisionWords, issueWords } from "./search-text.js";

/** Events are one or two kilobytes; pages of this size waste less of themselves than the usual 4,096 bytes. */
const PAGE_BYTES = 8_192;
/** Pages after which the write-ahead log is folded into the file: 4 MB. */
const CHECKPOINT_PAGES = 512;
/** Tries at switching to WAL while another process does the same. */
const MAX_WAL_TRIES = 50;

/** Switches a database to its write-ahead log, also while other processes do the same. */
export function useWriteAheadLog(database: Database.Database): void {
  for (let tries = 1; ; tries += 1) {
    try {
      if (database.pragma("journal_mode", { simple: true }) !== "wal") database.pragma("journal_mode = WAL");
      return;
    } catch (thrown) {
      if (tries === MAX_WAL_TRIES) throw thrown;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}

/** The functions migrations fill search columns with. */
function provideWords(database: Database.Database): void {
  const options = { deterministic: true };
  database.function("decision_words", options, (record) => decisionWords(JSON.parse(String(record)) as Decision));
  database.function("issue_words", options, (type, error) => issueWords({ type: String(type), error: String(error) }));
}

function migrate(database: Database.Database, path: string): void {
  const run = database.transaction(() => {
    const version = checkVersion(database, path);
    provideWords(database);
    for (const sql of migrations.slice(version)) database.exec(sql);
    if (version === 0) {
      database.prepare("INSERT INTO chain (id, node, seq, hlc, hash) VALUES (1, ?, 0, NULL, '')").run(newNodeName());
      database.pragma(`application_id = ${APPLICATION_ID}`);
    }
    database.pragma(`user_version = ${SCHEMA_VERSION}`);
  });
  run.immediate();
}

function prepareToWrite(database: Database.Database, path: string): void {
  if (checkVersion(database, path) < SCHEMA_VERSION) {
    database.pragma(`page_size = ${PAGE_BYTES}`);
    useWriteAheadLog(database);
    migrate(database, path);
  } else {
    useWriteAheadLog(database);
  }
  database.pragma("synchronous = FULL");
  database.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  database.pragma("foreign_keys = ON");
}

/**
 * Opens the database file at `path`, bringing its schema up to date: WAL, `synchronous=FULL`, foreign
 * keys, busy timeout. Opening reads the header only. Throws a Fault that says what, where and what to do.
 */
export function openToWrite(path: string): Connection {
  return openWith(path, false, (database) => prepareToWrite(database, path));
}
