import { posix } from "node:path";
import { err, ok, type Result } from "../../kernel/result.js";
import { splitLines } from "../line-table.js";
import { addFile, type CoverageReport, type FileCoverage, type ReportDraft } from "./coverage-report.js";
import { GROUP_MARK } from "./jacoco.js";

/** The tree a report is about. */
export interface CoveredTree {
  /** Absolute path under which the commands saw it. */
  readonly root: string;
  /** Repository-relative paths of its files. */
  readonly files: readonly string[];
  /** Repository-relative path of the report: one below the top may name files from a folder it lies in. */
  readonly report?: string;
}

/** A report's figures by repository-relative path. */
export interface PlacedCoverage {
  readonly files: ReadonlyMap<string, FileCoverage>;
  /** Paths the report could mean by a name that fits several; it has no figures for them. */
  readonly unclear: ReadonlySet<string>;
}

/** Places that the files of a report may be looked for at, each of them below each of its roots. */
const MAX_PLACES = 1_000_000;
/** Characters of the file that is named as an example. */
const MAX_EXAMPLE_CHARS = 200;

/**
 * Finds the files of a tree that a report names. What it names outside the tree is left out, wherever its path leads:
 * libraries, what was generated, other projects. A report that names nothing in the tree is an error.
 */
export function placeReport(report: CoverageReport, tree: CoveredTree): Result<PlacedCoverage, string> {
  const places = report.files.size * report.roots.length;
  if (places > MAX_PLACES) return err(`the report names ${report.roots.length} folders for ${report.files.size} files`);
  const find = FINDERS[report.naming](report, tree);
  const placed = placeAll(report, find);
  if (placed.files.size + placed.unclear.size > 0) return ok(placed);
  const [first = ""] = report.files.keys();
  const example = first.slice(0, MAX_EXAMPLE_CHARS);
  return err(`the report names no file of the tree, but for example '${example}': it is about other sources`);
}

function placeAll(report: CoverageReport, find: (name: string) => readonly string[]): PlacedCoverage {
  const draft: ReportDraft = { files: new Map() };
  const unclear = new Set<string>();
  for (const [name, file] of report.files) {
    const found = [...new Set(find(name))];
    const isClear = found.length === 1 && !found.some((path) => isTaken(draft, path, report));
    for (const path of found)
      if (isClear) addFile(draft, path, file);
      else unclear.add(path);
  }
  for (const path of unclear) draft.files.delete(path);
  return { files: draft.files, unclear };
}

/** Whether another name led to the file; a path may be written in several ways. */
function isTaken({ files }: ReportDraft, path: string, { naming }: CoverageReport): boolean {
  return naming !== "path" && files.has(path);
}

type Finder = (report: CoverageReport, tree: CoveredTree) => (name: string) => readonly string[];

const FINDERS: Readonly<Record<CoverageReport["naming"], Finder>> = {
  path: findPath,
  module: findInModule,
  package: findInPackage,
};

/** Relative paths from each of the report's roots, else from the top and the folders the report lies in; absolute ones as they are. */
function findPath({ roots }: CoverageReport, { root, files, report }: CoveredTree): (name: string) => string[] {
  const known = new Set(files);
  const prefix = root.endsWith("/") ? root : `${root}/`;
  const starts = roots.length === 0 ? ["", ...foldersAbove(report ?? "")] : roots;
  return (name) =>
    (name.startsWith("/") ? [name] : starts.map((start) => posix.join(start, name)))
      .map((path) => posix.normalize(path))
      .map((path) => (path.startsWith(prefix) ? path.slice(prefix.length) : path))
      .filter((path) => known.has(path));
}

/** `a/b` and `a` of `a/b/report`. */
function foldersAbove(path: string): string[] {
  const segments = path.split("/").slice(0, -1);
  return segments.map((_, index) => segments.slice(0, segments.length - index).join("/"));
}

/** Files by the segments of their paths, from the last one on: names of hostile reports end alike a million times. */
interface PathEnd {
  readonly before: Map<string, PathEnd>;
  /** All paths that end so. */
  readonly paths: string[];
  /** The path that is whole here. */
  whole?: string;
  /** The same paths by their segments, once a group was asked for. */
  byGroup?: ReadonlyMap<string, readonly string[]>;
}

function endsOf(files: readonly string[]): PathEnd {
  const ends: PathEnd = { before: new Map(), paths: [] };
  for (const path of files) {
    let at = ends;
    for (const segment of path.split("/").reverse()) {
      const next: PathEnd = at.before.get(segment) ?? { before: new Map(), paths: [] };
      at.before.set(segment, next);
      next.paths.push(path);
      at = next;
    }
    at.whole = path;
  }
  return ends;
}

/** The longest end of the name that is a path: what is before it is the module's. */
function findInModule(_report: CoverageReport, { files }: CoveredTree): (name: string) => string[] {
  const ends = endsOf(files);
  return (name) => {
    let at: PathEnd | undefined = ends;
    let found: string | undefined;
    for (const segment of name.split("/").reverse()) {
      at = at.before.get(segment);
      if (at === undefined) break;
      found = at.whole ?? found;
    }
    return found === undefined ? [] : [found];
  };
}

/** Paths that end so; of several those below a folder named as the group. */
function findInPackage(_report: CoverageReport, { files }: CoveredTree): (name: string) => readonly string[] {
  const ends = endsOf(files);
  return (name) => {
    const mark = name.lastIndexOf(GROUP_MARK);
    if (mark === -1) return endOf(ends, name)?.paths ?? [];
    const end = endOf(ends, name.slice(mark + GROUP_MARK.length));
    return end === undefined ? [] : inGroup(end, name.slice(0, mark));
  };
}

/** Where the paths are that end as a name does. */
function endOf(ends: PathEnd, name: string): PathEnd | undefined {
  let at: PathEnd | undefined = ends;
  for (const segment of name.split("/").reverse()) at = at?.before.get(segment);
  return at;
}

function inGroup(end: PathEnd, group: string): readonly string[] {
  if (end.paths.length < 2) return end.paths;
  end.byGroup ??= groupsOf(end.paths);
  return end.byGroup.get(group) ?? end.paths;
}

function groupsOf(paths: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const path of paths)
    for (const segment of new Set(path.split("/"))) {
      const group = groups.get(segment);
      if (group === undefined) groups.set(segment, [path]);
      else group.push(path);
    }
  return groups;
}

/** A file's figures; a text says why the report has none that are about `text`. */
export function figuresOf({ files, unclear }: PlacedCoverage, path: string, text: string): FileCoverage | string {
  if (unclear.has(path)) return "the report does not tell it from other files of its name";
  const file = files.get(path);
  if (file === undefined) return "the report does not name it";
  const end = splitLines(text).length + 1;
  for (const line of file.lines.keys())
    if (line > end) return `the report has a line ${line} of it, which is past its end: it is about other sources`;
  return file;
}
