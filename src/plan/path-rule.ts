import { MAX_PATH_BYTES } from "../kernel/bounds.js";

const FORBIDDEN = /[\0\r\n\\]/;

/** Each rule of DESIGN §7 on the text of a path, and what to say when it is broken. */
const RULES: readonly { broken(path: string): boolean; message: string }[] = [
  { broken: (path) => Buffer.byteLength(path) > MAX_PATH_BYTES, message: `is longer than ${MAX_PATH_BYTES} bytes` },
  {
    broken: (path) => path.startsWith("/") || /^[A-Za-z]:/.test(path),
    message: "is absolute; paths start at the repository's root",
  },
  { broken: (path) => path.startsWith("~"), message: "starts with '~'; paths start at the repository's root" },
  { broken: (path) => FORBIDDEN.test(path), message: "holds a backslash, a NUL or a line break" },
  { broken: (path) => path !== path.normalize("NFC"), message: "is not in Unicode normal form NFC" },
  { broken: (path) => path.split("/").includes(".."), message: "escapes through '..'" },
  {
    broken: (path) => path.split("/").some((part) => part === "" || part === "."),
    message: "has an empty or '.' segment",
  },
  {
    broken: (path) => path.split("/").some((part) => /[. ]$/.test(part) && !/^\.+$/.test(part)),
    message: "has a segment ending in a dot or a space",
  },
  { broken: (path) => path.split("/").some((part) => part.toLowerCase() === ".git"), message: "reaches into .git" },
];

/** What is wrong with a repository-relative path or pattern; undefined when nothing is. */
export function pathFault(path: string): string | undefined {
  return RULES.find((rule) => rule.broken(path))?.message;
}

/** Whether a path of a plan is a pattern (glob) and not a literal name. */
export function isPattern(path: string): boolean {
  return /[*?[\]{}()!+@]/.test(path);
}

/** The directories a pattern starts with before its first wildcard, for example `src/a` of `src/a/*.ts`. */
export function staticPrefix(pattern: string): string {
  const parts = pattern.split("/");
  const first = parts.findIndex((part) => isPattern(part));
  return (first === -1 ? parts : parts.slice(0, first)).join("/");
}

/** The literal text a pattern's last segment ends with, for example `.test.ts` of `src/*.test.ts`. */
export function staticSuffix(pattern: string): string {
  const last = pattern.split("/").at(-1) ?? "";
  return /[^*?[\]{}()!+@|]*$/.exec(last)?.[0] ?? "";
}
