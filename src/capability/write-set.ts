import picomatch from "picomatch";

/** Characters that make a pattern of a path. */
const MAGIC = /[*?[\]{}()!+@\\]/;
const OPTIONS = { dot: true, nonegate: true, nocomment: true, strictSlashes: true } as const;

/** A compiled list of files an agent may write: exact names and anchored patterns. */
export interface WriteSet {
  readonly patterns: readonly string[];
  /** Whether a repository-relative path is in the set. */
  has(path: string): boolean;
}

/** Whether an entry is a pattern rather than the name of one file. */
export function isPattern(entry: string): boolean {
  return MAGIC.test(entry);
}

/** The folders an entry names before its first wildcard: `src/a` of `src/a/*.ts`, empty for `**`. */
export function staticPrefix(entry: string): string {
  const segments = entry.split("/");
  const magic = segments.findIndex((segment) => MAGIC.test(segment));
  return (magic === -1 ? segments.slice(0, -1) : segments.slice(0, magic)).join("/");
}

/**
 * Compiles a write set. Exact names are looked up in a set; patterns are indexed by their static
 * prefix, so a look-up costs one probe per folder of the path however many patterns there are.
 */
export function compileWriteSet(patterns: readonly string[]): WriteSet {
  const exact = new Set<string>();
  const byPrefix = new Map<string, string[]>();
  for (const entry of patterns) {
    if (!isPattern(entry)) exact.add(entry);
    else byPrefix.set(staticPrefix(entry), [...(byPrefix.get(staticPrefix(entry)) ?? []), entry]);
  }
  const compiled = new Map<string, (path: string) => boolean>();
  const matches = (prefix: string, path: string): boolean => {
    const entries = byPrefix.get(prefix);
    if (entries === undefined) return false;
    let matcher = compiled.get(prefix);
    if (matcher === undefined) {
      matcher = picomatch(entries, OPTIONS);
      compiled.set(prefix, matcher);
    }
    return matcher(path);
  };
  return { patterns, has: (path) => exact.has(path) || (byPrefix.size > 0 && hasPrefix(path, matches)) };
}

function hasPrefix(path: string, matches: (prefix: string, path: string) => boolean): boolean {
  if (matches("", path)) return true;
  for (let slash = path.indexOf("/"); slash !== -1; slash = path.indexOf("/", slash + 1)) {
    if (matches(path.slice(0, slash), path)) return true;
  }
  return false;
}

/**
 * Whether every file `child` can name is one that `parent` can name. Sound, not complete: where it is
 * not obvious the answer is no. Returns the first entry of the child that is not covered.
 */
export function uncoveredEntry(child: readonly string[], parent: readonly string[]): string | undefined {
  const set = compileWriteSet(parent);
  const whole = new Set(parent);
  return child.find((entry) => !(isPattern(entry) ? whole.has(entry) || coveredByFolder(entry, whole) : set.has(entry)));
}

function coveredByFolder(entry: string, parent: ReadonlySet<string>): boolean {
  if (parent.has("**") || parent.has("**/*")) return true;
  const segments = staticPrefix(entry).split("/");
  return segments.some((_, index) => parent.has(`${segments.slice(0, index + 1).join("/")}/**`));
}

/** Whether `child` is within `parent`; see `uncoveredEntry`. */
export function isSubsetOf(child: readonly string[], parent: readonly string[]): boolean {
  return uncoveredEntry(child, parent) === undefined;
}

/** Whether any path at all can match a pattern: `src//x`, `/abs`, `a/../b` and an empty one never do. */
export function patternCanMatch(pattern: string): boolean {
  if (pattern === "" || pattern.startsWith("/")) return false;
  const segments = pattern.split("/");
  if (segments.some((segment) => segment === "" || segment === "." || segment === "..")) return false;
  try {
    picomatch.makeRe(pattern, OPTIONS);
    return true;
  } catch {
    return false;
  }
}

/** Whether two write sets may name a common file; unsure means yes. */
export function mayOverlap(left: readonly string[], right: readonly string[]): boolean {
  const first = compileWriteSet(left);
  const second = compileWriteSet(right);
  return left.some((entry) =>
    isPattern(entry) ? right.some((other) => overlaps(entry, other, first)) : second.has(entry),
  ) || right.some((entry) => !isPattern(entry) && first.has(entry));
}

function overlaps(pattern: string, other: string, set: WriteSet): boolean {
  if (!isPattern(other)) return set.has(other);
  const [left, right] = [`${staticPrefix(pattern)}/`, `${staticPrefix(other)}/`];
  return left === "/" || right === "/" || left.startsWith(right) || right.startsWith(left);
}
