import { createRequire } from "node:module";
import Database from "better-sqlite3";
import { isShortOfRoom } from "./faults.js";

/**
 * The compiled part of the driver. Loaded by its path, because looking for it (as the driver does
 * otherwise) costs start-up time; where it lies elsewhere, the driver looks. One that does not fit is not tried again:
 * the second error no longer says why. Throws what loading it throws.
 */
function loadNative(): object | undefined {
  if (failed !== undefined) throw failed.thrown;
  try {
    return createRequire(import.meta.url)("better-sqlite3/build/Release/better_sqlite3.node") as object;
  } catch (thrown) {
    if ((thrown as { code?: unknown }).code === "MODULE_NOT_FOUND") return undefined;
    if (!isShortOfRoom(thrown)) failed = { thrown };
    throw thrown;
  }
}

/** What loading it threw. */
let failed: { readonly thrown: unknown } | undefined;

/** Opens a database by the driver; throws what it throws. `short.js` has a way of its own (scripts/held-driver.mjs). */
export function openDriver(path: string, options: Database.Options): Database.Database {
  const native = loadNative();
  return new Database(path, native === undefined ? options : ({ ...options, nativeBinding: native } as object));
}
