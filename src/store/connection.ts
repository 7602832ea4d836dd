import { existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { assert } from "../kernel/assert.js";
import { STORE_BUSY_MS } from "../kernel/bounds.js";
import type { Decision } from "../schema/memory.js";
import { newNodeName } from "./digest.js";
import { foreignStore, missingStore, newerStore, storeFault } from "./faults.js";
import { migrations } from "./migrations/list.js";
import { decisionWords, issueWords } from "./search-text.js";

/** Marks a file as ours (`PRAGMA application_id`): "wknd". */
const APPLICATION_ID = 0x776b6e64;
/** Statement texts are constants of src/store; more than this many means that one is spliced. */
const MAX_STATEMENTS = 1_024;
/** Events are one or two kilobytes; pages of this size waste less of themselves than the usual 4,096 bytes. */
const PAGE_BYTES = 8_192;
/** Pages after which the write-ahead log is folded into the file: 4 MB. */
const CHECKPOINT_PAGES = 512;
/** Tries at switching to WAL while another process does the same. */
const MAX_WAL_TRIES = 50;

/** Values SQLite takes as parameters. */
export type Value = string | number | null;
type Parameters = readonly Value[] | Readonly<Record<string, Value>>;

/** One open database and its prepared statements, kept by their text. Throws what SQLite throws. */
export interface Connection {
  readonly database: Database.Database;
  readonly path: string;
  /** Runs a writing statement; rows changed. */
  run(sql: string, parameters?: Parameters): number;
  get<Row>(sql: string, parameters?: Parameters): Row | undefined;
  all<Row>(sql: string, parameters?: Parameters): Row[];
  iterate<Row>(sql: string, parameters?: Parameters): IterableIterator<Row>;
}

/** Wraps an open database. */
function createConnection(database: Database.Database, path: string): Connection {
  const statements = new Map<string, Database.Statement>();

  function statement(sql: string): Database.Statement {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    assert(statements.size < MAX_STATEMENTS, "too many different SQL statements");
    const made = database.prepare(sql);
    statements.set(sql, made);
    return made;
  }

  return {
    database,
    path,
    run: (sql, parameters = []) => statement(sql).run(parameters).changes,
    get: <Row>(sql: string, parameters: Parameters = []) => statement(sql).get(parameters) as Row | undefined,
    all: <Row>(sql: string, parameters: Parameters = []) => statement(sql).all(parameters) as Row[],
    iterate: <Row>(sql: string, parameters: Parameters = []) =>
      statement(sql).iterate(parameters) as IterableIterator<Row>,
  };
}

function versionOf(database: Database.Database): number {
  return database.pragma("user_version", { simple: true }) as number;
}

function checkVersion(database: Database.Database, path: string): number {
  const version = versionOf(database);
  const ours = database.pragma("application_id", { simple: true }) === APPLICATION_ID;
  if (!ours && database.prepare("SELECT 1 FROM sqlite_master").get() !== undefined) throw foreignStore(path);
  if (version > migrations.length) throw newerStore(path, version, migrations.length);
  return version;
}

function useWriteAheadLog(database: Database.Database): void {
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
    database.pragma(`user_version = ${migrations.length}`);
  });
  run.immediate();
}

function prepareToWrite(database: Database.Database, path: string): void {
  if (checkVersion(database, path) < migrations.length) {
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
 * The compiled part of the driver. Loaded by its path, because looking for it (as the driver does
 * otherwise) costs start-up time; where it lies elsewhere, the driver looks.
 */
function loadDriver(): object | undefined {
  try {
    return createRequire(import.meta.url)("better-sqlite3/build/Release/better_sqlite3.node") as object;
  } catch {
    return undefined;
  }
}

function openFile(path: string, readonly: boolean): Database.Database {
  if (readonly && !existsSync(path)) throw missingStore(path);
  if (!readonly) mkdirSync(dirname(path), { recursive: true });
  const driver = loadDriver();
  const options = { timeout: STORE_BUSY_MS, readonly, fileMustExist: readonly };
  return new Database(path, driver === undefined ? options : ({ ...options, nativeBinding: driver } as object));
}

/** An older database is brought up to date before it is read; an empty file is none. */
function upgraded(database: Database.Database, path: string): Connection {
  if (versionOf(database) === 0) throw missingStore(path);
  database.close();
  openConnection(path, false).database.close();
  return createConnection(openFile(path, true), path);
}

/**
 * Opens the database file at `path`, bringing its schema up to date: WAL, `synchronous=FULL`, foreign
 * keys, busy timeout. Opening reads the header only. Throws a Fault that says what, where and what to do.
 */
export function openConnection(path: string, readonly: boolean): Connection {
  let database: Database.Database | undefined;
  try {
    database = openFile(path, readonly);
    if (!readonly) prepareToWrite(database, path);
    else if (checkVersion(database, path) < migrations.length) return upgraded(database, path);
    return createConnection(database, path);
  } catch (thrown) {
    database?.close();
    throw storeFault(path, thrown);
  }
}
