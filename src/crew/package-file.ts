import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { assert } from "../kernel/assert.js";

/** Folders between a source or built file and the package's root, at most. */
const MAX_LEVELS = 6;

/** Absolute path of a file shipped with worknode, the same from `src/` and from the built `dist/`. */
export function packageFile(...path: readonly string[]): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  for (let level = 0; level < MAX_LEVELS && !existsSync(join(directory, "package.json")); level += 1) {
    directory = dirname(directory);
  }
  assert(existsSync(join(directory, "package.json")), "worknode's own package.json is missing");
  return join(directory, ...path);
}
