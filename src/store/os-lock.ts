import { closeSync, existsSync, mkdirSync, openSync, readdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type Database from "better-sqlite3";
import { newId } from "../kernel/ids.js";
import { openDriver } from "./driver.js";

/**
 * Locks that the kernel keeps (docs/adr/0020): an empty database under an exclusive transaction. It is taken back when its
 * process dies, however it dies, and every process of this kernel that sees the file sees the lock, whatever numbers their
 * containers give to processes.
 */
export interface OsLock {
  release(): void;
}

/** Files of others that are looked at when a sign of life is made. */
const MAX_SWEPT = 256;

/** Takes the lock of a file, which is made where there is none; undefined while another holds it. Throws what SQLite throws. */
export function takeOsLock(path: string): OsLock | undefined {
  mkdirSync(dirname(path), { recursive: true });
  makeEmpty(path);
  const database = lockedExclusively(path);
  return database === undefined ? undefined : { release: () => void database.close() };
}

/** Whether somebody holds the lock of a file. One that cannot be looked at counts as held; one that is gone does not. */
export function isOsLocked(path: string): boolean {
  let database: Database.Database | undefined;
  try {
    if (statSync(path, { throwIfNoEntry: false }) === undefined) return false;
    database = openDriver(path, { timeout: 0, readonly: true, fileMustExist: true });
    database.prepare("SELECT 1 FROM sqlite_master").get(); // reads under a shared lock: two who ask are in nobody's way
    return false;
  } catch {
    return true;
  } finally {
    database?.close();
  }
}

/** The file that this process holds in each folder while it lives. */
const signs = new Map<string, { readonly path: string; readonly lock: OsLock }>();

/**
 * A file of this process in a folder, locked while it lives; undefined where files cannot be locked. Those of the dead are
 * removed. A file that was taken away is made anew.
 */
export function signOfLife(folder: string): string | undefined {
  const known = signs.get(folder);
  if (known !== undefined && existsSync(known.path)) return known.path;
  known?.lock.release();
  signs.delete(folder);
  const path = join(folder, newId("p"));
  const lock = attempt(() => takeOsLock(path));
  // whoever sweeps locks what it removes: a file that is still there under our lock stays
  if (lock === undefined || !existsSync(path)) return undefined;
  signs.set(folder, { path, lock });
  for (const name of readdirSync(folder).slice(0, MAX_SWEPT)) sweep(join(folder, name));
  return path;
}

/** Removes the sign of a process that is gone; this one's and those of the living are locked. */
function sweep(path: string): void {
  const lock = attempt(() => takeOsLock(path));
  if (lock === undefined) return;
  rmSync(path, { force: true });
  lock.release();
}

/** What cannot be done here (another's file, a file system without locks, a full disk) is not done. */
function attempt(take: () => OsLock | undefined): OsLock | undefined {
  try {
    return take();
  } catch (thrown) {
    if (typeof (thrown as { code?: unknown }).code === "string") return undefined;
    throw thrown;
  }
}

/**
 * Makes a file where there is none, so that a full disk is told as one. A file that is there is not opened: to close it would
 * give up this process's lock on it.
 */
function makeEmpty(path: string): void {
  if (existsSync(path)) return;
  try {
    closeSync(openSync(path, "wx"));
  } catch (thrown) {
    if ((thrown as { code?: unknown }).code !== "EEXIST") throw thrown;
  }
}

function lockedExclusively(path: string): Database.Database | undefined {
  const database = openDriver(path, { timeout: 0 });
  try {
    database.pragma("journal_mode = memory"); // nothing is written, and no file made beside it
    database.exec("BEGIN EXCLUSIVE");
    return database;
  } catch (thrown) {
    database.close();
    if ((thrown as { code?: unknown }).code === "SQLITE_BUSY") return undefined;
    throw thrown;
  }
}
