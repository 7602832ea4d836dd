import type { Stats } from "node:fs";
import { chmod, lstat, mkdir, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import picomatch from "picomatch";
import { makeFolder } from "../disk/make-folder.js";
import type { IgnoreRules } from "./ignore-rules.js";
import { removeTree } from "./layer.js";
import { findOpaque } from "./opaque.js";
import { isWhiteout, makeReadable, missing, type UpperEntry, walkUpper } from "./upper-walk.js";

/** What test runners and compilers leave beside the sources, whatever the plan says. A `/` at the end: directories only. */
const BUILT_IN_SCRATCH: readonly string[] = [
  "coverage/",
  ".nyc_output/",
  ".vitest/",
  "__pycache__/",
  ".pytest_cache/",
  ".mypy_cache/",
  ".ruff_cache/",
  ".hypothesis/",
  ".tox/",
  "*.egg-info/",
  "**/node_modules/.cache/",
  ".coverage",
  ".coverage.*",
  ".eslintcache",
  "*.pyc",
  "*.gcda",
  "*.gcno",
  "*.gcov",
  "*.profraw",
  "*.tsbuildinfo",
];

/** The set-user-id and set-group-id bits. */
const SET_ID_BITS = 0o6000;

/** What decides whether an untracked path is scratch. */
export interface ScratchRules {
  /** `workspace.scratch`. */
  readonly patterns: readonly string[];
  /** The base commit's ignore rules. */
  readonly ignored: IgnoreRules;
  /** Paths that are never scratch: hard deny and `workspace.deny` come first. */
  readonly isDenied: (path: string) => boolean;
  /** Files the capability names one by one: a generator may write a listed file into an ignored folder. */
  readonly named?: readonly string[];
}

/** What of a layer is scratch. */
export interface FoundScratch {
  /** The topmost paths. */
  readonly paths: ReadonlySet<string>;
  /** Of what they hold, the files and folders with a set-user-id or set-group-id bit. */
  readonly marked: readonly string[];
  /** Of what they hold, the folders whose name is no text: what lies below them was not looked at. */
  readonly nameless: readonly Buffer[];
}

/**
 * The topmost paths of the layer that are scratch: untracked, and they or a folder above them matching the
 * patterns, the built-in list or the ignore rules; also removed names that the base never had, as those were
 * scratch. A folder that holds something denied or named is taken apart, so that nothing hides in scratch.
 * Changes nothing.
 */
export async function findScratch(upper: string, lower: string, rules: ScratchRules): Promise<FoundScratch> {
  const { entries, marked, nameless } = await listCandidates(upper, lower, rules);
  const undecided = entries.filter(({ matches }) => !matches).map(nameOf);
  const ignored = await rules.ignored(undecided);
  const apart = new Set(entries.filter((entry) => entry.apart).flatMap(({ path }) => [path, ...ancestorsOf(path)]));
  const [scratch, below] = [new Set<string>(), new Set<string>()];
  for (const entry of entries) {
    const { path } = entry;
    const covered = entry.matches || ignored.has(nameOf(entry)) || hasAncestor(path, below);
    if (!covered) continue;
    below.add(path);
    if (!apart.has(path) && !hasAncestor(path, scratch)) scratch.add(path);
  }
  const isIn = (path: string): boolean => scratch.has(path) || hasAncestor(path, scratch);
  return {
    paths: scratch,
    marked: marked.filter(isIn),
    nameless: nameless.filter(isIn).map((path) => placeOf(upper, path)),
  };
}

/** Where an entry is whose name was read as Latin-1, because it is no text. */
function placeOf(upper: string, path: string): Buffer {
  const cut = path.lastIndexOf("/");
  return Buffer.concat([
    Buffer.from(`${join(upper, path.slice(0, cut))}/`),
    Buffer.from(path.slice(cut + 1), "latin1"),
  ]);
}

/** As ignore rules want it: a folder ends in `/`. */
function nameOf({ path, directory }: Candidate): string {
  return directory ? `${path}/` : path;
}

/** An untracked path of the layer. */
interface Candidate {
  readonly path: string;
  readonly directory: boolean;
  /** By the patterns, or as a removed name. */
  readonly matches: boolean;
  /** Denied, or named by the capability: never scratch. */
  readonly apart: boolean;
}

interface Candidates {
  readonly entries: Candidate[];
  readonly marked: string[];
  readonly nameless: string[];
}

async function listCandidates(upper: string, lower: string, rules: ScratchRules): Promise<Candidates> {
  const matches = compileScratch([...BUILT_IN_SCRATCH, ...rules.patterns]);
  const named = new Set(rules.named ?? []);
  const entries: Candidate[] = [];
  const [marked, nameless]: [string[], string[]] = [[], []];
  const judged = (path: string, stats: Stats): Pick<Candidate, "matches" | "apart"> => {
    const removed = isWhiteout(stats);
    const apart = rules.isDenied(path) || (named.has(path) && !removed);
    return { matches: removed || matches(path, stats.isDirectory()), apart };
  };
  await walkUpper(upper, lower, ({ path, upper: stats, base, readable }) => {
    if (base !== undefined) return true;
    const directory = stats.isDirectory();
    if (!readable && directory) nameless.push(path);
    if (!readable) return false;
    if ((stats.mode & SET_ID_BITS) !== 0) marked.push(path);
    entries.push({ path, directory, ...judged(path, stats) });
    return true;
  });
  return { entries, marked, nameless };
}

/** Every folder on the way to a path. */
function ancestorsOf(path: string): string[] {
  const segments = path.split("/").slice(0, -1);
  return segments.map((_, index) => segments.slice(0, index + 1).join("/"));
}

function hasAncestor(path: string, paths: ReadonlySet<string>): boolean {
  for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1))
    if (paths.has(path.slice(0, end))) return true;
  return false;
}

/** Patterns as in `.gitignore`: without an inner `/` at any depth, else anchored; a final `/` means directories. */
function compileScratch(patterns: readonly string[]): (path: string, directory: boolean) => boolean {
  const anywhere = (pattern: string): string => {
    const bare = pattern.replace(/^\/|\/$/g, "");
    return /^\/|.\/./.test(pattern) ? bare : `**/${bare}`;
  };
  const compile = (some: readonly string[]): ((path: string) => boolean) =>
    some.length === 0 ? () => false : picomatch(some.map(anywhere), { dot: true });
  const any = compile(patterns.filter((pattern) => !pattern.endsWith("/")));
  const directories = compile(patterns.filter((pattern) => pattern.endsWith("/")));
  return (path, directory) => any(path) || (directory && directories(path));
}

/**
 * Moves the scratch of a finished call from its layer to the task's scratch directory, which the next
 * call sees as a lower layer. To be called when the call's effects are kept; a crash in between
 * loses scratch at most. Removals and replaced directories are carried over too. A folder whose name is no text is
 * not, as nobody looked for denied names in it, nor are bits that would make the agent's file a program of worknode's user.
 */
export async function keepScratch(upper: string, scratchDir: string, found: FoundScratch): Promise<void> {
  for (const path of found.marked) await chmod(join(upper, path), (await lstat(join(upper, path))).mode & 0o777);
  for (const place of found.nameless) await removeNameless(place);
  for (const path of found.paths) {
    const [from, to] = [join(upper, path), join(scratchDir, path)];
    await makeWay(scratchDir, path);
    const [stats, existing] = [await lstat(from), await lstat(to).catch(missing)];
    if (stats.isDirectory() && existing?.isDirectory() === true && !(await findOpaque(upper, [path])).has(path))
      await mergeInto(from, to);
    else await replace(from, to, isWhiteout(stats));
  }
}

/** Under a name that can be said it is removed as anything else is, whatever its modes. */
async function removeNameless(place: Buffer): Promise<void> {
  const named = join(place.subarray(0, place.lastIndexOf("/")).toString("utf8"), ".worknode-nameless");
  await removeTree(named);
  await rename(place, named);
  await removeTree(named);
}

/**
 * The folders that lead to a path, each a real one. What an earlier call left there instead, a link to the host among
 * it, is gone in the layer: it goes here too, and is never followed.
 */
async function makeWay(scratchDir: string, path: string): Promise<void> {
  for (const folder of ancestorsOf(path)) {
    const at = join(scratchDir, folder);
    if ((await lstat(at).catch(missing))?.isDirectory() === true) continue;
    await removeTree(at);
    await mkdir(at);
  }
}

async function mergeInto(from: string, to: string): Promise<void> {
  const entries: UpperEntry[] = [];
  await walkUpper(from, to, (entry) => {
    if (entry.readable) entries.push(entry);
    return entry.base?.isDirectory() === true;
  });
  const merged = entries.filter((entry) => entry.upper.isDirectory() && entry.base?.isDirectory() === true);
  const opaque = await findOpaque(
    from,
    merged.map((entry) => entry.path),
  );
  const shared = new Set(merged.map((entry) => entry.path).filter((path) => !opaque.has(path)));
  for (const path of ["", ...shared]) await makeReadable(join(to, path)); // an earlier call may have closed it
  for (const { path, upper } of entries)
    if (!shared.has(path) && !hasAncestor(path, opaque))
      await replace(join(from, path), join(to, path), isWhiteout(upper));
}

/**
 * Puts an entry in the place of another. A directory is made anew and its children moved: the kernel's
 * mark on it would hide what the worktree may later hold below it.
 */
async function replace(from: string, to: string, removed: boolean): Promise<void> {
  await removeTree(to);
  if (removed) return;
  if (!(await lstat(from)).isDirectory()) return move(Buffer.from(from), Buffer.from(to));
  await makeReadable(from);
  makeFolder(to);
  for (const name of await readdir(from, { encoding: "buffer" }))
    await move(Buffer.concat([Buffer.from(`${from}/`), name]), Buffer.concat([Buffer.from(`${to}/`), name]));
}

/** Renames; a directory its owner may not write cannot be moved until it may. */
async function move(from: Buffer, to: Buffer): Promise<void> {
  await rename(from, to).catch(async (thrown: unknown) => {
    if ((thrown as NodeJS.ErrnoException).code !== "EACCES") throw thrown;
    await chmod(from, 0o700);
    await rename(from, to);
  });
}
