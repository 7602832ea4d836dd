// Stands for src/store/driver.ts in short.js, which holds the driver's JavaScript: it is a dozen files, and finding
// them is a good part of a brief. Used where the driver installed is of the very version they were taken from.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";

/** Opens a database by the driver; throws what it throws. */
export function openDriver(path, options) {
  const directory = findDriver();
  const nativeBinding = loadNative(directory);
  if (nativeBinding === undefined) return new (createRequire(__filename)("better-sqlite3"))(path, options);
  const Database = isHeld(directory)
    ? require("../node_modules/better-sqlite3/lib/database.js")
    : createRequire(__filename)("better-sqlite3");
  return new Database(path, { ...options, nativeBinding });
}

/** Where Node would find the driver. */
function findDriver() {
  for (let above = dirname(__filename), below = ""; above !== below; below = above, above = dirname(above)) {
    const directory = `${above}/node_modules/better-sqlite3`;
    if (existsSync(directory)) return directory;
  }
  return undefined;
}

/** The compiled part of the driver; undefined where it lies elsewhere, and the driver has to look. */
function loadNative(directory) {
  const native = { exports: {} };
  try {
    process.dlopen(native, `${directory}/build/Release/better_sqlite3.node`);
  } catch {
    return undefined;
  }
  return native.exports;
}

/** Whether the driver installed is of the version whose JavaScript is held; the build puts that here. */
function isHeld(directory) {
  return JSON.parse(readFileSync(`${directory}/package.json`, "utf8")).version === DRIVER_VERSION;
}
