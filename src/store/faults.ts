import { Fault, invalid, messageOf } from "../kernel/fault.js";

/** `code` of an SQLite or operating-system error, or an empty string. */
function codeOf(thrown: unknown): string {
  const code = thrown instanceof Error ? (thrown as Error & { code?: unknown }).code : undefined;
  return typeof code === "string" ? code : "";
}

interface Rule {
  readonly pattern: RegExp;
  readonly code: string;
  readonly exitCode: number;
  readonly retry: "never" | "transient";
  readonly text: (path: string, detail: string) => string;
}

const RULES: readonly Rule[] = [
  {
    pattern: /^SQLITE_(NOTADB|CORRUPT)/,
    code: "STORE_CORRUPT",
    exitCode: 2,
    retry: "never",
    text: (path, detail) =>
      `The database ${path} is damaged (${detail}). Nothing more is written to it. ` +
      `Restore it from a backup, or move it aside to start a new one; \`sqlite3 ${path} .recover\` saves what is readable.`,
  },
  {
    pattern: /^(SQLITE_(READONLY|CANTOPEN|PERM|AUTH)|EACCES$|EPERM$|EROFS$|ENOTDIR$)/,
    code: "STORE_READONLY",
    exitCode: 2,
    retry: "never",
    text: (path, detail) =>
      `The database ${path} cannot be opened for writing (${detail}). ` +
      "Make it and its directory readable and writable for this user; nothing was lost.",
  },
  {
    pattern: /^(SQLITE_FULL|SQLITE_IOERR_SHMSIZE|ENOSPC$|EDQUOT$)/,
    code: "STORE_FULL",
    exitCode: 1,
    retry: "never",
    text: (path, detail) =>
      `No room left to write ${path} (${detail}). Everything recorded before is intact. ` +
      "Free some space, then run `worknode continue`.",
  },
  {
    pattern: /^SQLITE_(BUSY|LOCKED|PROTOCOL)/,
    code: "STORE_BUSY",
    exitCode: 1,
    retry: "transient",
    text: (path, detail) =>
      `Another process kept ${path} locked for too long (${detail}). Nothing was written; try again, or end that process.`,
  },
  {
    pattern: /^(SQLITE_IOERR|EIO$)/,
    code: "STORE_IO",
    exitCode: 1,
    retry: "never",
    text: (path, detail) =>
      `Reading or writing ${path} failed (${detail}). Check the disk, then run \`worknode log verify\` and \`worknode continue\`.`,
  },
];

/** What Node and the driver say of a compiled part that is missing, or was made for another Node or another machine. */
const UNFIT_DRIVER = /NODE_MODULE_VERSION|did not self-register|Could not locate the bindings file/;

/** What is told of what the system said: a path of any length, then the cause. */
const MAX_SAID_CHARS = 1_000;

/** The fault of a driver whose compiled part this Node cannot load (exit 2). */
function unfitDriver(thrown: unknown): Fault {
  const said = messageOf(thrown).replaceAll(/\s+/g, " ").slice(0, MAX_SAID_CHARS);
  return invalid(
    "DRIVER_UNFIT",
    `The database driver better-sqlite3 does not load in this Node.js (${process.version}): it is missing, or was built for ` +
      `another one. Run \`npm rebuild better-sqlite3\` where worknode is installed (with -g if globally); nothing was lost. ` +
      `(${said})`,
    thrown,
  );
}

/** What the system says where it has no room for one more library now. */
const NO_ROOM = /: (?:Cannot allocate memory|Too many open files(?: in system)?)\s*$/;

/** Whether a compiled part that did not load may load another time: nothing is wrong with it. */
export function isShortOfRoom(thrown: unknown): boolean {
  return codeOf(thrown) === "ERR_DLOPEN_FAILED" && NO_ROOM.test(messageOf(thrown));
}

/** The fault of a driver for which the machine had no room: a busy machine is not told to build it anew. */
function driverWithoutRoom(thrown: unknown): Fault {
  return new Fault(
    "DRIVER_NO_ROOM",
    "The database driver better-sqlite3 could not be loaded now: this machine has no memory, or no open files, left for it. " +
      `Nothing was lost; end something and try again. (${messageOf(thrown)})`,
    { retry: "transient", cause: thrown },
  );
}

/** The Fault for an error of the database at `path`; anything that is no storage error is returned unchanged. */
export function storeFault(path: string, thrown: unknown): unknown {
  if (thrown instanceof Fault) return thrown;
  if (isShortOfRoom(thrown)) return driverWithoutRoom(thrown);
  if (codeOf(thrown) === "ERR_DLOPEN_FAILED" || UNFIT_DRIVER.test(messageOf(thrown))) return unfitDriver(thrown);
  const code = codeOf(thrown);
  const rule = RULES.find((each) => each.pattern.test(code));
  if (rule === undefined) return thrown;
  const detail = `${code}: ${messageOf(thrown)}`;
  return new Fault(rule.code, rule.text(path, detail), { retry: rule.retry, exitCode: rule.exitCode, cause: thrown });
}

/** The fault of recording again what may be recorded once (a reply, a kept effect, an execution's end). */
export function duplicateEvent(type: string, key: string): Fault {
  return new Fault("DUPLICATE_EVENT", `${type} for ${key} is recorded already; it was not recorded again.`);
}

/** The fault of a database written by a newer program (exit 2). */
export function newerStore(path: string, found: number, known: number): Fault {
  return invalid(
    "STORE_NEWER",
    `The database ${path} has version ${found}; this worknode knows versions up to ${known}. ` +
      "Nothing was changed. Install a newer worknode (npm install -g worknode@latest) to use it.",
  );
}

/** The fault of reading a database of an older program, which opening for writing brings up to date (exit 2). */
export function olderStore(path: string, found: number, known: number): Fault {
  return invalid(
    "STORE_OLDER",
    `The database ${path} has version ${found}; this worknode reads version ${known}. Any command that writes brings it ` +
      "up to date, for example `worknode run`, if this user may write it.",
  );
}

/** The fault of opening for reading what is not there (exit 2). */
export function missingStore(path: string): Fault {
  return invalid("STORE_MISSING", `There is no database at ${path}. Run \`worknode run PLAN\` first; it makes one.`);
}

/** The fault of opening for reading a file to which no database was written: its making was cut short, or it was emptied (exit 2). */
export function emptyStore(path: string): Fault {
  return invalid(
    "STORE_EMPTY",
    `The database ${path} is there but empty: it was never filled, or something emptied the file. If it held records, restore ` +
      "it from a backup; otherwise `worknode run PLAN` fills it.",
  );
}

/** The fault of a folder, or another thing that is no file, where the database should be (exit 2). */
export function notAFile(path: string): Fault {
  return invalid("STORE_NOT_A_FILE", `${path} is a folder or a device; the database should be there. Move it aside.`);
}

/** The fault of a file that is an SQLite database but not ours (exit 2). */
export function foreignStore(path: string): Fault {
  return invalid(
    "STORE_CORRUPT",
    `${path} is an SQLite database of another program. Move it aside; it was not changed.`,
  );
}

/** What SQLite throws, as Faults that say what to do. */
export function guard<Arguments extends readonly unknown[], T>(
  path: string,
  work: (...values: Arguments) => T,
): (...values: Arguments) => T {
  return (...values) => {
    try {
      return work(...values);
    } catch (thrown) {
      throw storeFault(path, thrown);
    }
  };
}

/** Every method of an object, guarded. */
export function guardAll<T extends object>(path: string, methods: T): T {
  const pairs = Object.entries(methods).map(([name, method]) => [name, guard(path, method as () => unknown)]);
  return Object.fromEntries(pairs) as T;
}
