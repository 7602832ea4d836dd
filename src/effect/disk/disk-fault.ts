import { statfsSync } from "node:fs";
import { invalid, messageOf } from "../../kernel/fault.js";

/** What a person can do about an error of the disk, by its code. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: "Free some space, then run `worknode continue`; nothing that was recorded is lost.",
  EDQUOT: "Your disk quota is used up. Free some space, then run `worknode continue`.",
  EROFS: "The file system is read-only. Set XDG_STATE_HOME to a directory you can write.",
  EACCES: "Make it writable for you, or set XDG_STATE_HOME to a directory that is.",
};

/** Whether an error of the system says that a disk, or one's share of it, is used up. */
export function isDiskFull(thrown: unknown): boolean {
  const code = (thrown as NodeJS.ErrnoException | null)?.code;
  return code === "ENOSPC" || code === "EDQUOT";
}

/** The Fault to throw (DISK_FULL or DISK_REFUSED, exit 2) for a disk that is full or refuses; anything else unchanged. */
export function diskFault(thrown: unknown, place: string): unknown {
  const code = (thrown as NodeJS.ErrnoException | null)?.code ?? "";
  const remedy = Object.hasOwn(REMEDIES, code) ? REMEDIES[code] : undefined;
  if (remedy === undefined) return thrown;
  const name = isDiskFull(thrown) ? "DISK_FULL" : "DISK_REFUSED";
  return invalid(name, `cannot write ${place} (${messageOf(thrown)}). ${remedy}`, thrown);
}

/** What is left of a disk that counts as full (bytes): a file system may keep a few blocks back. */
const NO_ROOM_BYTES = 64 * 1024;

/**
 * Throws Fault DISK_FULL where nothing is left of the disk that a command wrote to: it may have gone on with files that
 * were cut off or emptied, whatever its exit code says. `place` is what the message names.
 */
export function refuseFullDisk(directory: string, place: string): void {
  const { bavail, bfree, bsize, files, ffree } = statfsSync(directory);
  const blocks = process.getuid?.() === 0 ? bfree : bavail; // root may use what is kept back for it
  const hasNames = files === 0 || ffree > 0; // some file systems count none
  if (blocks * bsize > NO_ROOM_BYTES && hasNames) return;
  const why = new Error("ENOSPC: no space was left when the command ended, so what it wrote may be cut off");
  throw diskFault(Object.assign(why, { code: "ENOSPC" }), place);
}
