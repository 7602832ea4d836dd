import { closeSync, constants, fchmodSync, fstatSync, ftruncateSync, openSync, rmSync, writeSync } from "node:fs";
import { Fault, messageOf } from "../../kernel/fault.js";

/** Mode of a file that is made. */
const NEW_FILE_MODE = 0o644;

/**
 * Gives a file new content where it lies, without forcing it to disk; `made` for a file that is missing and is made.
 * What can run out of room is written first, so that a failure there leaves the file as it was. `onStep` is told when it is torn.
 * Throws Fault KEEP_TORN when it fails later: the file is then neither the old nor the new one, and recovery restores
 * it from the log. Throws the disk's error when nothing was changed.
 */
export function overwriteFile(
  absolute: string,
  content: string | Uint8Array,
  at: { readonly made: boolean; onStep?(step: "torn"): void },
): void {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  const descriptor = openToOverwrite(absolute, at.made);
  try {
    const length = fstatSync(descriptor).size;
    extend(descriptor, bytes, length, () => at.made && rmSync(absolute));
    at.onStep?.("torn");
    replaceHead(descriptor, bytes, length, absolute);
    if (at.made) fchmodSync(descriptor, NEW_FILE_MODE); // exact, whatever the umask
  } finally {
    closeSync(descriptor);
  }
}

/** Never through a link, and never into a file with a second name. */
function openToOverwrite(absolute: string, made: boolean): number {
  const flags = constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const descriptor = openSync(absolute, made ? flags | constants.O_CREAT | constants.O_EXCL : flags, NEW_FILE_MODE);
  const stat = fstatSync(descriptor);
  if (stat.isFile() && stat.nlink === 1) return descriptor;
  closeSync(descriptor);
  throw new Fault("NOT_A_FILE", `${absolute} is not a regular file of one name`);
}

/** Writes what lies behind the old end; takes it back when it does not go. */
function extend(descriptor: number, bytes: Uint8Array, length: number, undo: () => void): void {
  if (bytes.length <= length) return;
  try {
    writeFully(descriptor, bytes, { from: length, to: bytes.length });
  } catch (thrown) {
    ftruncateSync(descriptor, length);
    undo();
    throw thrown;
  }
}

function replaceHead(descriptor: number, bytes: Uint8Array, length: number, absolute: string): void {
  try {
    writeFully(descriptor, bytes, { from: 0, to: Math.min(length, bytes.length) });
    if (bytes.length < length) ftruncateSync(descriptor, bytes.length);
  } catch (cause) {
    const message = `${absolute} could be written only in part (${messageOf(cause)}). \`worknode continue\` writes it whole.`;
    throw new Fault("KEEP_TORN", message, { cause, exitCode: 2 });
  }
}

function writeFully(descriptor: number, bytes: Uint8Array, { from, to }: { from: number; to: number }): void {
  for (let at = from; at < to; ) at += writeSync(descriptor, bytes, at, to - at, at);
}
