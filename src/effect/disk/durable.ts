import { closeSync, fchmodSync, fsync, openSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { systemRandom } from "../../kernel/ids.js";

/**
 * Small files are written by synchronous calls: handing each of the many short steps of a keep to a
 * thread costs more than the step. Only the wait for the disk leaves the thread free for others.
 */
const syncDescriptor = promisify(fsync);

/** Writes a new file and forces it to disk. Fails when the name exists. */
export async function writeDurable(file: string, content: string | Uint8Array, mode = 0o600): Promise<void> {
  const descriptor = openSync(file, "wx", mode);
  try {
    writeFileSync(descriptor, content);
    fchmodSync(descriptor, mode); // exact, whatever the umask
    await syncDescriptor(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Replaces a file whole: after a crash it has the old content or the new, never a part. */
export async function replaceDurable(file: string, content: string): Promise<void> {
  const temporary = `${file}.${process.pid}.${systemRandom.hex(4)}.tmp`;
  await writeDurable(temporary, content);
  renameSync(temporary, file);
  await syncPath(dirname(file));
}

/** Forces a file's content, or a directory's names, to disk. */
export async function syncPath(path: string): Promise<void> {
  const descriptor = openSync(path, "r");
  try {
    await syncDescriptor(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
