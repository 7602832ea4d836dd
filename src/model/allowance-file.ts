import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { Fault, invalid, messageOf } from "../kernel/fault.js";
import { openAllowanceFile } from "../store/allowance/open.js";
import type { Connection as Database } from "../store/connection.js";
import { storeFault } from "../store/faults.js";

/** The file, opened when it is first needed. */
export interface AllowanceFile {
  /** The open file, or undefined while nobody made one. */
  ifThere(): Database | undefined;
  /** The open file, made where it is missing. */
  made(): Database;
  /** Does some work; what the database throws is a Fault that says what to do. */
  guard<T>(work: () => T): T;
  close(): void;
}

/** A file that is made when there is something to write in it. */
export function lazyFile(path: string): AllowanceFile {
  let open: Database | undefined;
  const made = (): Database => {
    open ??= openFile(path);
    return open;
  };
  return {
    made,
    ifThere: () => (open !== undefined || existsSync(path) ? made() : undefined),
    guard(work) {
      try {
        return work();
      } catch (thrown) {
        throw unusable(path, storeFault(path, thrown));
      }
    },
    close() {
      open?.database.close();
      open = undefined;
    },
  };
}

function openFile(path: string): Database {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return openAllowanceFile(path);
  } catch (thrown) {
    throw unusable(path, storeFault(path, thrown));
  }
}

/** Damage is not mended by guessing: a cap on money may have been in it. */
function unusable(path: string, thrown: unknown): unknown {
  if (!(thrown instanceof Fault) || !/^STORE_(CORRUPT|NEWER|READONLY)$/.test(thrown.code)) return thrown;
  return invalid(
    "ALLOWANCE_UNREADABLE",
    `${messageOf(thrown)}\nWhat all crews under this key may spend is counted in ${path}; without it nothing is asked. ` +
      "Make it readable, or move it aside: a cap set with `worknode budget cap` goes with it.",
    thrown,
  );
}
