import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { systemRandom } from "../kernel/ids.js";

/** Writes a new file and forces it to disk. Fails when the name exists. */
export async function writeDurable(file: string, content: string | Uint8Array, mode = 0o600): Promise<void> {
  const handle = await open(file, "wx", mode);
  try {
    await handle.writeFile(content);
    await handle.chmod(mode); // exact, whatever the umask
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Replaces a file whole: after a crash it has the old content or the new, never a part. */
export async function replaceDurable(file: string, content: string): Promise<void> {
  const temporary = `${file}.${process.pid}.${systemRandom.hex(4)}.tmp`;
  await writeDurable(temporary, content);
  await rename(temporary, file);
  await syncDirectory(dirname(file));
}

/** Forces a directory's names to disk. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
