import { MAX_PATH_BYTES } from "../kernel/bounds.js";
import { createPathTree } from "./path-tree.js";
import { coversSteps, isPattern, parsePattern, type Steps, stepsLead, stepsMayMeet } from "./pattern.js";

/** A compiled list of files: exact names and anchored patterns (`*`, `?`, `[a-z]`, `{a,b}`, `**`). */
export interface WriteSet {
  readonly patterns: readonly string[];
  /** Whether it names no path at all. */
  readonly matchesNothing: boolean;
  /** Whether a repository-relative path is in the set. The path is never taken for a pattern. */
  has(path: string): boolean;
  /** Whether some path of the set lies below a folder, so that making the folder leads to a listed file. */
  leadsTo(folder: string): boolean;
}

/**
 * Compiles a write set. Names are looked up in a hash set and patterns in a tree of their segments, so
 * that a look-up costs the same for ten entries and for thousands. Every entry names at least itself:
 * `app/[id]/page.tsx` is also the file of that name.
 */
export function compileWriteSet(patterns: readonly string[]): WriteSet {
  const exact = new Set(patterns);
  const tree = createPathTree(patterns.filter(isPattern).flatMap(parsePattern));
  return {
    patterns,
    matchesNothing: !patterns.some(patternCanMatch),
    has: tree === undefined ? (path) => exact.has(path) : (path) => exact.has(path) || tree.has(path),
    leadsTo: (folder) => patterns.some((entry) => entryLeads(entry, folder)),
  };
}

function entryLeads(entry: string, folder: string): boolean {
  if (entry.startsWith(`${folder}/`)) return true;
  return isPattern(entry) && parsePattern(entry).some((steps) => stepsLead(steps, folder.split("/")));
}

/**
 * The first entry of `child` that may name a file `parent` does not; undefined when there is none.
 * Sound, not complete: where it is not plain that an entry is covered, it counts as not covered.
 */
export function uncoveredEntry(child: readonly string[], parent: readonly string[]): string | undefined {
  const names = new Set(parent);
  const set = compileWriteSet(parent);
  const above = parent.filter(isPattern).flatMap(parsePattern);
  return child.find((entry) => !(names.has(entry) || (set.has(entry) && coversPattern(above, entry))));
}

function coversPattern(above: readonly Steps[], entry: string): boolean {
  if (!isPattern(entry)) return true;
  const below = parsePattern(entry);
  return below.length > 0 && below.every((steps) => above.some((parent) => coversSteps(parent, steps)));
}

/** Whether every file `child` can name is one `parent` names (attenuation, S3:422). See `uncoveredEntry`. */
export function isSubsetOf(child: readonly string[], parent: readonly string[]): boolean {
  return uncoveredEntry(child, parent) === undefined;
}

/** Whether two write sets may name a common file; unsure means yes. */
export function mayOverlap(left: readonly string[], right: readonly string[]): boolean {
  if (left.length === 0 || right.length === 0) return false;
  const [first, second] = [compileWriteSet(left), compileWriteSet(right)];
  if (left.some((entry) => second.has(entry)) || right.some((entry) => first.has(entry))) return true;
  const patterns = right.filter(isPattern).flatMap(parsePattern);
  const meets = (steps: Steps): boolean => patterns.some((other) => stepsMayMeet(steps, other));
  return left.filter(isPattern).flatMap(parsePattern).some(meets);
}

/**
 * Whether any path the gate accepts can match an entry: `src//x`, `/abs`, `a/../b`, `.git/x`, unclosed
 * brackets, a leading `!` and text that is not NFC never do. A rule that matches nothing is a lint error.
 */
export function patternCanMatch(pattern: string): boolean {
  if (pattern === "" || Buffer.byteLength(pattern) > MAX_PATH_BYTES || pattern.startsWith("!")) return false;
  if (/[\0\r\n\\]/.test(pattern) || pattern !== pattern.normalize("NFC")) return false;
  if (!isPattern(pattern)) return nameCanMatch(pattern);
  if (!bracketsClose(pattern)) return false;
  return parsePattern(pattern).some((steps) => steps.every((step) => step === "**" || segmentCanMatch(step.text)));
}

function nameCanMatch(path: string): boolean {
  return path.split("/").every(segmentCanMatch);
}

function segmentCanMatch(segment: string): boolean {
  return segment !== "" && !/[. ]$/.test(segment) && segment.toLowerCase() !== ".git";
}

function bracketsClose(pattern: string): boolean {
  return !/[[\]]/.test(pattern.replace(/\[[^\]/]+\]/g, ""));
}
