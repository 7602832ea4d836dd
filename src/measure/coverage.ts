import { err, type Result } from "../kernel/result.js";
import { changedLines } from "./changed-lines.js";
import type { FunctionMeasure } from "./file-measure.js";
import { changedFunctions } from "./function-pair.js";
import { measureSource } from "./source.js";
import { isCodeFile } from "./language.js";
import { readLcov } from "./lcov.js";

/** A function as a coverage tool saw it. `line` is 1-based. */
export interface FunctionRecord {
  readonly line: number;
  readonly hits: number;
}

/** One file of a report. Lines are 1-based. */
export interface FileCoverage {
  readonly lines: ReadonlyMap<number, number>;
  readonly functions: readonly FunctionRecord[];
}

/** A report's files by the path it gives them. */
export interface CoverageReport {
  readonly files: ReadonlyMap<string, FileCoverage>;
}

/** A code file before and after. */
export interface ChangedFile {
  readonly path: string;
  readonly before: string | null;
  readonly after: string;
}

/** What coverage refuses: code and text (S3:236-248), with file, function and figure in the text. */
export interface CoverageDenial {
  readonly code: "ERROR_INSUFFICIENT_COVERAGE" | "ERROR_UNTESTED_FUNCTIONS";
  readonly message: string;
}

/** The figures, and what they refuse. `lines` and `total` are shares; null is n/a. */
export interface CoverageJudgement {
  readonly lines: number | null;
  readonly total: number | null;
  readonly denials: readonly CoverageDenial[];
}

/** Reads a report in the format the plan names. */
export function readCoverage(text: string, format: string): Result<CoverageReport, string> {
  return format === "lcov"
    ? readLcov(text)
    : err(`coverage reports in the format '${format}' are not supported yet; use lcov`);
}

/** Makes a report's paths repository-relative; absolute ones below `root` lose it. */
export function relativeTo(report: CoverageReport, root: string): CoverageReport {
  const prefix = root.endsWith("/") ? root : `${root}/`;
  const strip = (path: string): string =>
    path.startsWith(prefix) ? path.slice(prefix.length) : path.replace(/^\.\//, "");
  return { files: new Map([...report.files].map(([path, file]) => [strip(path), file])) };
}

/**
 * Judges a change by a report (DESIGN §5): changed lines at least `min`, every changed function hit, and
 * the total at least `min` or not below the base's. n/a where no function changed. A changed code file
 * the report does not name counts 0.
 */
export function judgeCoverage(input: {
  report: CoverageReport;
  changed: readonly ChangedFile[];
  min: number;
  maxUntested: number;
  baseTotal: number | null;
}): CoverageJudgement {
  const code = input.changed.filter(({ path }) => isCodeFile(path)).map((file) => examine(file, input.report));
  if (code.every(({ functions }) => functions.length === 0)) return { lines: null, total: null, denials: [] };
  const sum = code.reduce((all, file) => ({ hit: all.hit + file.hit, of: all.of + file.of }), { hit: 0, of: 0 });
  const lines = sum.of === 0 ? 1 : sum.hit / sum.of;
  const total = totalOf(input.report);
  const denials: CoverageDenial[] = [];
  if (lines < input.min) {
    const worst = code.filter((file) => file.hit < file.of).map((file) => `${file.path} ${file.hit}/${file.of}`);
    denials.push(
      insufficient(`Coverage of changed lines ${share(lines)} is below ${share(input.min)}: ${worst.join(", ")}`),
    );
  }
  if (total < input.min && total < (input.baseTotal ?? input.min))
    denials.push(insufficient(`Total coverage ${share(total)} is below ${share(input.min)} and below the base`));
  const untested = code.flatMap((file) => file.functions.filter((fn) => !isHit(fn, file.coverage)));
  if (untested.length > input.maxUntested) denials.push(untestedDenial(untested));
  return { lines, total, denials };
}

interface Examined {
  path: string;
  coverage: FileCoverage | undefined;
  functions: FunctionMeasure[];
  hit: number;
  of: number;
}

function examine(file: ChangedFile, report: CoverageReport): Examined {
  const coverage = report.files.get(file.path);
  const after = measureSource(file.path, file.after);
  const before = file.before === null ? undefined : measureSource(file.path, file.before);
  const functions = changedFunctions(before, after, new Set()).flatMap(({ now }) =>
    now.kind === "function" ? [now] : [],
  );
  const changed = [...changedLines(file.before, file.after)];
  if (coverage === undefined) {
    const executable = new Set(after.executable);
    return { path: file.path, coverage, functions, hit: 0, of: changed.filter((line) => executable.has(line)).length };
  }
  const counted = changed.filter((line) => coverage.lines.has(line));
  return {
    path: file.path,
    coverage,
    functions,
    hit: counted.filter((line) => (coverage.lines.get(line) ?? 0) > 0).length,
    of: counted.length,
  };
}

/** By the tool's function records on the function's first lines; by lines of its body only where the tool writes none. */
function isHit(fn: FunctionMeasure, coverage: FileCoverage | undefined): boolean {
  if (coverage === undefined) return false;
  if (coverage.functions.length === 0) return bodyHit(fn, coverage);
  return coverage.functions.some(({ line, hits }) => line >= fn.line && line <= fn.body_line && hits > 0);
}

function bodyHit(fn: FunctionMeasure, coverage: FileCoverage): boolean {
  for (let line = Math.min(fn.body_line + 1, fn.end_line); line <= fn.end_line; line += 1)
    if ((coverage.lines.get(line) ?? 0) > 0) return true;
  return false;
}

function totalOf(report: CoverageReport): number {
  let hit = 0;
  let of = 0;
  for (const [path, { lines }] of report.files) {
    if (!isCodeFile(path)) continue;
    of += lines.size;
    for (const hits of lines.values()) if (hits > 0) hit += 1;
  }
  return of === 0 ? 1 : hit / of;
}

function insufficient(message: string): CoverageDenial {
  return { code: "ERROR_INSUFFICIENT_COVERAGE", message };
}

function untestedDenial(functions: readonly FunctionMeasure[]): CoverageDenial {
  const names = functions.slice(0, 10).map((fn) => `${fn.qualified_name} (${fn.file}:${fn.line})`);
  return { code: "ERROR_UNTESTED_FUNCTIONS", message: `Untested functions ${functions.length}: ${names.join(", ")}` };
}

/** A share as people read it, never rounded up over a limit. */
function share(value: number): string {
  return (Math.floor(value * 10_000) / 10_000).toFixed(4);
}
