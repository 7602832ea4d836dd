import { isPattern } from "../capability/pattern.js";
import { patternCanMatch } from "../capability/write-set.js";
import { MAX_PATH_BYTES } from "../kernel/bounds.js";

const FORBIDDEN = /[\0\r\n\\]/;
const segments = (path: string): string[] => path.split("/");

/** Each rule of DESIGN §7 on the text of a path, and what to say when it is broken. */
const RULES: readonly { broken(path: string): boolean; message: string }[] = [
  { broken: (path) => Buffer.byteLength(path) > MAX_PATH_BYTES, message: `is longer than ${MAX_PATH_BYTES} bytes` },
  {
    broken: (path) => path.startsWith("/") || path.startsWith("~") || /^[A-Za-z]:/.test(path),
    message: "is absolute; paths start at the repository's root",
  },
  { broken: (path) => FORBIDDEN.test(path), message: "holds a backslash, a NUL or a line break" },
  { broken: (path) => path !== path.normalize("NFC"), message: "is not in Unicode normal form NFC" },
  { broken: (path) => segments(path).includes(".."), message: "escapes through '..'" },
  {
    broken: (path) => segments(path).some((part) => part === "" || part === "."),
    message: "has an empty or '.' segment",
  },
  {
    broken: (path) => segments(path).some((part) => /[. ]$/.test(part)),
    message: "has a segment ending in a dot or space",
  },
  {
    broken: (path) => segments(path).some((part) => part.toLowerCase() === ".git"),
    message: "reaches into .git",
  },
];

/** What is wrong with a repository-relative path or pattern; undefined when nothing is. */
export function pathFault(path: string): string | undefined {
  return RULES.find((rule) => rule.broken(path))?.message;
}

/** Why no path can match an entry that keeps the path rules; undefined when some can. */
export function emptyPattern(entry: string): string | undefined {
  if (entry.startsWith("!")) return "is negated; name what is meant instead";
  return patternCanMatch(entry) ? undefined : "can match no path";
}

/** The folders an entry starts with before its first wildcard, for example `src/a` of `src/a/*.ts`. */
export function staticPrefix(entry: string): string {
  const parts = segments(entry);
  const first = parts.findIndex(isPattern);
  return (first === -1 ? parts : parts.slice(0, first)).join("/");
}

/** Whether `path` is `folder` or lies in it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
