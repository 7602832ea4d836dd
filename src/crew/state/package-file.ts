import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { assert } from "../../kernel/assert.js";

/** Folders between a source or built file and the package's root, at most. */
const MAX_LEVELS = 6;
/** What the root holds and no folder below it; `dist/` has a package.json of its own. */
const MARK = "capabilities";

let found: string | undefined;

/** Absolute path of a file shipped with worknode, the same from `src/` and from the built `dist/`. */
export function packageFile(...path: readonly string[]): string {
  found ??= findRoot();
  return join(found, ...path);
}

function findRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  for (let level = 0; level < MAX_LEVELS && !existsSync(join(directory, MARK)); level += 1) {
    directory = dirname(directory);
  }
  assert(existsSync(join(directory, MARK)), "worknode's own files are missing");
  return directory;
}
