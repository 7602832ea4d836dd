import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type Database from "better-sqlite3";
import { assert } from "../kernel/assert.js";
import { STORE_BUSY_MS } from "../kernel/bounds.js";
import { openDriver } from "./driver.js";
import { emptyStore, foreignStore, missingStore, newerStore, notAFile, olderStore, storeFault } from "./faults.js";
import { APPLICATION_ID, SCHEMA_VERSION } from "./migrations/version.js";

/** Statement texts are constants of src/store; more than this many means that one is spliced. */
const MAX_STATEMENTS = 1_024;

/** Values SQLite takes as parameters. */
export type Value = string | number | null;
type Parameters = readonly Value[] | Readonly<Record<string, Value>>;

/** One open database and its prepared statements, kept by their text. Throws what SQLite throws. */
export interface Connection {
  readonly database: Database.Database;
  readonly path: string;
  /** Runs a writing statement; rows changed. */
  run(sql: string, parameters?: Parameters): number;
  readonly get: <Row>(sql: string, parameters?: Parameters) => Row | undefined;
  readonly all: <Row>(sql: string, parameters?: Parameters) => Row[];
  iterate<Row>(sql: string, parameters?: Parameters): IterableIterator<Row>;
  /** Whether the file that was opened is the one at `path` still: one that was removed or replaced can be written on, for nobody. */
  readonly isInPlace: () => boolean;
}

/** Wraps an open database. */
function createConnection(database: Database.Database, path: string): Connection {
  const statements = new Map<string, Database.Statement>();
  const opened = fileAt(path);

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
    isInPlace: () => opened !== undefined && fileAt(path) === opened,
  };
}

/** Which file is at a path, by device and inode; undefined where there is none, or it cannot be seen. */
function fileAt(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

function versionOf(database: Database.Database): number {
  return database.pragma("user_version", { simple: true }) as number;
}

/** The schema version of an open database. Throws Fault STORE_CORRUPT where it is another program's, STORE_NEWER. */
export function checkVersion(database: Database.Database, path: string): number {
  const version = versionOf(database);
  const ours = database.pragma("application_id", { simple: true }) === APPLICATION_ID;
  if (!ours && database.prepare("SELECT 1 FROM sqlite_master").get() !== undefined) throw foreignStore(path);
  if (version > SCHEMA_VERSION) throw newerStore(path, version, SCHEMA_VERSION);
  return version;
}

function openFile(path: string, readonly: boolean): Database.Database {
  const found = statSync(path, { throwIfNoEntry: false });
  if (readonly && found === undefined) throw missingStore(path);
  if (found?.isFile() === false) throw notAFile(path);
  if (!readonly) mkdirSync(dirname(path), { recursive: true });
  return openDriver(path, { timeout: STORE_BUSY_MS, readonly, fileMustExist: readonly });
}

/** Opens a file, does what `prepare` does and wraps it; what fails is a Fault, and the file is closed. */
export function openWith(path: string, readonly: boolean, prepare: (database: Database.Database) => void): Connection {
  let database: Database.Database | undefined;
  try {
    database = openFile(path, readonly);
    prepare(database);
    return createConnection(database, path);
  } catch (thrown) {
    database?.close();
    throw storeFault(path, thrown);
  }
}

/** Opens the database file at `path` for reading; nothing is made or changed. Throws a Fault like `openToWrite`. */
export function openToRead(path: string): Connection {
  return openWith(path, true, (database) => {
    const version = checkVersion(database, path);
    if (version === 0) throw emptyStore(path);
    if (version < SCHEMA_VERSION) throw olderStore(path, version, SCHEMA_VERSION);
  });
}
