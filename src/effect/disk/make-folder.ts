import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a directory and those above it where they are missing. Throws what the system says: of a disk that is full or
 * read-only, Node's own `recursive` may say that the directory does not exist.
 */
export function makeFolder(path: string, mode = 0o777): void {
  try {
    mkdirSync(path, { recursive: true, mode });
  } catch (thrown) {
    if (codeOf(thrown) !== "ENOENT") throw thrown;
    makeFirst(path, mode);
    mkdirSync(path, { recursive: true, mode });
  }
}

/** The topmost directory that is missing: its own call tells why it cannot be made. */
function makeFirst(path: string, mode: number): void {
  let first = path;
  while (!existsSync(dirname(first))) first = dirname(first);
  try {
    mkdirSync(first, { mode });
  } catch (thrown) {
    if (codeOf(thrown) !== "EEXIST") throw thrown; // another process was faster
  }
}

function codeOf(thrown: unknown): string | undefined {
  return (thrown as NodeJS.ErrnoException).code;
}
