import { err, type Result } from "../kernel/result.js";
import { changedLines } from "./changed-lines.js";
import { type CoverageReport, type FileCoverage, shareOf } from "./coverage-report.js";
import type { FunctionMeasure } from "./file-measure.js";
import type { Finding } from "./finding.js";
import { isHit } from "./function-hit.js";
import { changedFunctions, type HashLookup } from "./function-pair.js";
import { readGoCover } from "./go-cover.js";
import { readCoveragePy, readGcov, readIstanbul } from "./json-coverage.js";
import { isCodeFile } from "./language.js";
import { readLcov } from "./lcov.js";
import { measureSource } from "./source.js";

/** A file before and after; `before` is null where the base has none. */
export interface ChangedFile {
  readonly path: string;
  readonly before: string | null;
  readonly after: string;
}

/** The figures, and what they refuse. `lines` and `total` are shares; null is n/a. */
export interface CoverageJudgement {
  readonly lines: number | null;
  readonly total: number | null;
  readonly denials: readonly Finding[];
}

/** What coverage is judged by. */
export interface CoverageInput {
  readonly report: CoverageReport;
  readonly changed: readonly ChangedFile[];
  /** Smallest share of changed lines, for example 0.95. */
  readonly min: number;
  readonly maxUntested: number;
  /** The base's total by the same commands; null where they fail there. */
  readonly baseTotal: number | null;
  readonly elsewhere?: HashLookup;
}

const READERS: Readonly<Record<string, (text: string) => Result<CoverageReport, string>>> = {
  lcov: readLcov,
  istanbul: readIstanbul,
  "coverage.py": readCoveragePy,
  gcov: readGcov,
  gcovr: readGcov,
  go: readGoCover,
};
/** Functions named in one message. */
const MAX_NAMES = 10;

/** Reads a report in the format the plan names (DESIGN §9). Never throws. */
export function readCoverage(text: string, format: string): Result<CoverageReport, string> {
  const reader = Object.hasOwn(READERS, format) ? READERS[format] : undefined;
  if (reader !== undefined) return reader(text);
  const known = Object.keys(READERS).join(", ");
  return err(`coverage reports in the format '${format}' are not supported yet; use one of ${known}`);
}

/** Makes a report's paths repository-relative: absolute ones below `root` lose it. */
export function relativeTo(report: CoverageReport, root: string): CoverageReport {
  const prefix = root.endsWith("/") ? root : `${root}/`;
  const strip = (path: string): string =>
    path.startsWith(prefix) ? path.slice(prefix.length) : path.replace(/^\.\//, "");
  return { ...report, files: new Map([...report.files].map(([path, file]) => [strip(path), file])) };
}

/** The share of lines hit in a report's code files; tests do not count. */
export function totalOf(report: CoverageReport): number {
  return shareOf(codeFiles(report), 0);
}

/**
 * Judges a change by a report (`S3:236-248`, DESIGN §5): changed lines at least `min`, at most `maxUntested` changed
 * functions not run, and the total at least `min` or not below the base's. n/a where no function changed. A changed
 * code file the report does not name counts 0; lines of functions that merely moved do not count.
 */
export function judgeCoverage(input: CoverageInput): CoverageJudgement {
  const files = input.changed.filter(({ path }) => isCodeFile(path)).map((file) => examine(file, input));
  if (files.every(({ functions }) => functions.length === 0)) return { lines: null, total: null, denials: [] };
  const of = files.reduce((sum, file) => sum + file.of, 0);
  const lines = of === 0 ? 1 : files.reduce((sum, file) => sum + file.hit, 0) / of;
  const missing = files.reduce((sum, file) => sum + (file.coverage === undefined ? file.executable : 0), 0);
  const total = shareOf(codeFiles(input.report), missing);
  const denials = [
    ...lineDenials(files, lines, input.min),
    ...totalDenials(total, input),
    ...untestedDenials(files, input),
  ];
  return { lines, total, denials };
}

interface Examined {
  path: string;
  coverage: FileCoverage | undefined;
  /** Changed ones; `untested` of them were not run. */
  functions: FunctionMeasure[];
  untested: FunctionMeasure[];
  hit: number;
  of: number;
  executable: number;
}

function examine(file: ChangedFile, { report, elsewhere }: CoverageInput): Examined {
  const coverage = coverageOf(report, file.path);
  const after = measureSource(file.path, file.after);
  const before = file.before === null ? undefined : measureSource(file.path, file.before);
  const changed = new Set(changedFunctions(before, after, elsewhere ?? new Set()).map(({ now }) => now));
  const functions = [...changed].filter(({ kind }) => kind === "function");
  const stays = linesOf(after.functions.filter((one) => !changed.has(one)));
  for (const line of linesOf([...changed])) stays.delete(line);
  const executable = coverage === undefined ? new Set(after.executable) : coverage.lines;
  const lines = [...changedLines(file.before, file.after)].filter((line) => executable.has(line) && !stays.has(line));
  const hit = lines.filter((line) => (coverage?.lines.get(line) ?? 0) > 0).length;
  const untested = functions.filter((one) => coverage === undefined || !isHit(one, after.functions, coverage));
  return { path: file.path, coverage, functions, untested, hit, of: lines.length, executable: after.executable.length };
}

function linesOf(functions: readonly FunctionMeasure[]): Set<number> {
  const lines = new Set<number>();
  for (const { line, end_line } of functions) for (let at = line; at <= end_line; at += 1) lines.add(at);
  return lines;
}

/** A report's figures for a repository-relative path. Where paths start with a module's name, the only one that ends so. */
function coverageOf(report: CoverageReport, path: string): FileCoverage | undefined {
  const exact = report.files.get(path);
  if (exact !== undefined || !report.byModule) return exact;
  const ending = [...report.files].filter(([key]) => key.endsWith(`/${path}`));
  return ending.length === 1 ? ending[0]?.[1] : undefined;
}

function codeFiles(report: CoverageReport): FileCoverage[] {
  return [...report.files].filter(([path]) => isCodeFile(path)).map(([, file]) => file);
}

function lineDenials(files: readonly Examined[], lines: number, min: number): Finding[] {
  if (lines >= min) return [];
  return files
    .filter(({ hit, of }) => of > 0 && hit / of < min)
    .map(({ path, hit, of, coverage }) => {
      const why = coverage === undefined ? "the report does not name it" : `${hit} of ${of} changed lines hit`;
      return insufficient(path, hit / of, min, `Coverage ${share(hit / of)} of ${path} is below ${share(min)}: ${why}`);
    });
}

function totalDenials(total: number, { min, baseTotal }: CoverageInput): Finding[] {
  if (total >= min || (baseTotal !== null && total >= baseTotal)) return [];
  const limit = baseTotal === null ? min : Math.min(min, baseTotal);
  const than = limit < min ? `${share(limit)} of the base` : share(min);
  return [insufficient("", total, limit, `Total coverage ${share(total)} is below ${than}`)];
}

function insufficient(file: string, figure: number, limit: number, message: string): Finding {
  return {
    rule: "coverage",
    code: "ERROR_INSUFFICIENT_COVERAGE",
    file,
    line: 1,
    function: null,
    figure,
    limit,
    message,
    remedy: `Write tests that run at least ${share(limit)} of the lines.`,
    blocks: true,
  };
}

function untestedDenials(files: readonly Examined[], { maxUntested }: CoverageInput): Finding[] {
  const untested = files.flatMap((file) => file.untested);
  const [first] = untested;
  if (first === undefined || untested.length <= maxUntested) return [];
  const names = untested.slice(0, MAX_NAMES).map((one) => `${one.qualified_name} (${one.file}:${one.line})`);
  return [
    {
      rule: "untested-functions",
      code: "ERROR_UNTESTED_FUNCTIONS",
      file: first.file,
      line: first.line,
      function: first.qualified_name,
      figure: untested.length,
      limit: maxUntested,
      message: `Untested functions ${untested.length}: ${names.join(", ")}`,
      remedy: "Write tests that call each of them.",
      blocks: true,
    },
  ];
}

/** A share as people read it, never rounded up over a limit. */
function share(value: number): string {
  return (Math.floor(value * 10_000 + 1e-9) / 10_000).toFixed(4);
}
