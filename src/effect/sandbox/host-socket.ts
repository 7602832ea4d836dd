import { lstatSync, readFileSync, realpathSync } from "node:fs";
import { isWithin } from "./mount-table.js";

/** The fields before a socket's name: number, references, protocol, flags, type, state, inode. */
const NAMED = /^(?:\S+ +){7}(\/.*)$/;

/**
 * Where sockets of the host's programs are, links followed: whoever sees such a file can talk to the program behind it, on a
 * read-only mount and from another network namespace too. Told are those of this network namespace that are bound by
 * now, by an absolute path. Throws the disk's error.
 */
export function hostSockets(table = "/proc/net/unix"): string[] {
  const names = linesOf(table).flatMap((line) => NAMED.exec(line)?.[1] ?? []);
  return [...new Set(names.flatMap(realSocket))].sort();
}

/** Those in a place that is there, under the name that it has there. */
export function socketsIn(place: string, sockets: readonly string[]): string[] {
  const real = realpathSync(place);
  return sockets.filter((path) => isWithin(path, real)).map((path) => place + path.slice(real.length));
}

/** Where the kernel has no such table it has no such sockets. */
function linesOf(table: string): string[] {
  try {
    return readFileSync(table, "utf8").split("\n");
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw thrown;
  }
}

/** A name may be left over from a file that was removed, or be out of this user's sight. */
function realSocket(name: string): string[] {
  try {
    const path = realpathSync(name);
    return lstatSync(path).isSocket() ? [path] : [];
  } catch {
    return [];
  }
}
