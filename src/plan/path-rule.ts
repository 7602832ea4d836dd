import picomatch from "picomatch";
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
  { broken: (path) => /(^|\/)(\.?)(\/|$)/.test(path), message: "has an empty or '.' segment" },
  {
    broken: (path) => segments(path).some((part) => /[. ]$/.test(part)),
    message: "has a segment ending in a dot or space",
  },
  { broken: (path) => segments(path).some((part) => part.toLowerCase() === ".git"), message: "reaches into .git" },
];

/** What is wrong with a repository-relative path or pattern; undefined when nothing is. */
export function pathFault(path: string): string | undefined {
  return RULES.find((rule) => rule.broken(path))?.message;
}

/** Whether a path of a plan is a pattern (glob) and not a literal name. */
export function isPattern(path: string): boolean {
  return picomatch.scan(path).isGlob;
}

/** Options of every pattern of a plan: anchored at the root, dot files included. */
export const PATTERN_OPTIONS = { dot: true, nonegate: true } as const;

/** Whether a literal path matches a path or pattern of a plan. */
export function pathMatches(path: string, pattern: string): boolean {
  return path === pattern || (isPattern(pattern) && picomatch.isMatch(path, pattern, PATTERN_OPTIONS));
}

/** What is wrong with a pattern beside the path rules: nothing can match it. Undefined when something can. */
export function patternEmpty(pattern: string): string | undefined {
  if (!isPattern(pattern)) return undefined;
  if (pattern.startsWith("!")) return "is negated; name what is allowed instead";
  if (/[@+?*!]\(/.test(pattern)) return "is an extended glob; list the paths instead";
  return picomatch.isMatch(samplePath(pattern), pattern, PATTERN_OPTIONS) ? undefined : "can match no path";
}

/** A path made to match a pattern: the first choice of each class and alternative, `x` for wildcards. */
function samplePath(pattern: string): string {
  return pattern
    .replace(/\[([!^]?)([^\]])[^\]]*\]/g, (_, negated: string, first: string) => (negated === "" ? first : "\u{e000}"))
    .replace(/\{(-?\d+)\.\.-?\d+\}/g, "$1")
    .replace(/\{([^{},]*)[^{}]*\}/g, "$1")
    .replace(/\*+/g, "x")
    .replace(/\?/g, "x");
}

/** The directories a pattern starts with before its first wildcard, for example `src/a` of `src/a/*.ts`. */
export function staticPrefix(pattern: string): string {
  const parts = segments(pattern);
  const first = parts.findIndex((part) => /[*?[\]{}()!+@]/.test(part));
  return (first === -1 ? parts : parts.slice(0, first)).join("/");
}

/** The literal text a pattern ends with after its last wildcard, for example `.test.ts` of `src/*.test.ts`. */
export function staticSuffix(pattern: string): string {
  return /[^*?[\]{}()!+@|/]*$/.exec(pattern)?.[0] ?? "";
}

/** Whether `path` is `directory` or lies in it. */
export function isWithin(path: string, directory: string): boolean {
  return directory === "" || path === directory || path.startsWith(`${directory}/`);
}

/** Whether some path may match both. Sound: says yes when unsure. */
export function mayOverlap(a: string, b: string): boolean {
  if (!isPattern(a)) return pathMatches(a, b);
  if (!isPattern(b)) return pathMatches(b, a);
  const [first, second] = [staticPrefix(a), staticPrefix(b)];
  if (!isWithin(first, second) && !isWithin(second, first)) return false;
  const [tail, other] = [staticSuffix(a), staticSuffix(b)];
  return tail.endsWith(other) || other.endsWith(tail);
}

/** Whether every path matching `child` matches one of `parents`. Sound: says no when unsure. */
export function isCovered(child: string, parents: readonly string[]): boolean {
  return parents.some((parent) => {
    if (parent === "**" || parent === child) return true;
    if (!isPattern(child)) return pathMatches(child, parent);
    const whole = parent.endsWith("/**") && !isPattern(parent.slice(0, -3));
    return whole && isWithin(staticPrefix(child), parent.slice(0, -3));
  });
}
