import { renameSync } from "node:fs";

/** What the system says of a folder that is to take the place of one with something in it. */
export const TAKEN = ["ENOTEMPTY", "EEXIST"] as const;

/** Whether it was renamed; false for an error that is expected, as of a place that another process took first. Throws any other. */
export function tryRename(from: string, to: string, expected: readonly string[]): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (thrown) {
    if (expected.includes(String((thrown as NodeJS.ErrnoException).code))) return false;
    throw thrown;
  }
}
