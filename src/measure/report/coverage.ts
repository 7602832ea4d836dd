import { err, type Result } from "../../kernel/result.js";
import type { PlanVerify } from "../../schema/plan-task.js";
import { changedLines } from "../changed-lines.js";
import type { FunctionMeasure } from "../file-measure.js";
import type { Finding } from "../finding.js";
import { changedFunctions, type HashLookup } from "../function-pair.js";
import { isCodeFile } from "../language.js";
import { measureSource } from "../source.js";
import { readCobertura } from "./cobertura.js";
import { figuresOf, type PlacedCoverage } from "./coverage-place.js";
import { type CoverageReport, type FileCoverage, shareOf } from "./coverage-report.js";
import { hitLookup, isHit } from "./function-hit.js";
import { readGoCover } from "./go-cover.js";
import { readJacoco } from "./jacoco.js";
import { readCoveragePy, readGcov, readIstanbul } from "./json-coverage.js";
import { readLcov } from "./lcov.js";
import { shiftedLines } from "./shifted-lines.js";

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
  readonly report: PlacedCoverage;
  readonly changed: readonly ChangedFile[];
  /** Smallest share of changed lines, for example 0.95. */
  readonly min: number;
  readonly maxUntested: number;
  /** The base's total by the same commands; null where they fail there. */
  readonly baseTotal: number | null;
  readonly elsewhere?: HashLookup;
}

/** A format the plan can name for a report. */
export type CoverageFormat = NonNullable<PlanVerify["coverage"]>["format"];

const READERS: Readonly<Record<CoverageFormat, (text: string) => Result<CoverageReport, string>>> = {
  lcov: readLcov,
  istanbul: readIstanbul,
  cobertura: readCobertura,
  jacoco: readJacoco,
  "coverage.py": readCoveragePy,
  gcov: readGcov,
  gcovr: readGcov,
  go: readGoCover,
};
/** Functions named in one message. */
const MAX_NAMES = 10;
/** Characters of what is wrong with a report: it may quote a name of any length. */
const MAX_FAULT_CHARS = 400;

/** Reads a report in the format the plan names (DESIGN §9). Never throws. */
export function readCoverage(text: string, format: CoverageFormat): Result<CoverageReport, string> {
  const read = READERS[format](text);
  return read.ok ? read : err(read.error.slice(0, MAX_FAULT_CHARS));
}

/** The share of lines hit in a report's code files; tests do not count. */
export function totalOf(report: PlacedCoverage): number {
  return shareOf(codeFiles(report, new Set()), 0);
}

/**
 * Judges a change by a report (`S3:236-248`, DESIGN §5): changed lines at least `min`, at most `maxUntested` changed
 * functions not run, and the total at least `min` or not below the base's. n/a where no function changed. A changed
 * code file the report does not name, or is not about as it is, counts 0; lines of functions that merely moved do not count.
 */
export function judgeCoverage(input: CoverageInput): CoverageJudgement {
  const files = input.changed.filter(({ path, after }) => isCodeFile(path, after)).map((file) => examine(file, input));
  if (files.every(({ functions }) => functions.length === 0)) return { lines: null, total: null, denials: [] };
  const of = files.reduce((sum, file) => sum + file.of, 0);
  const lines = of === 0 ? 1 : files.reduce((sum, file) => sum + file.hit, 0) / of;
  const without = files.filter(({ figures }) => typeof figures === "string");
  const missing = without.reduce((sum, { executable }) => sum + executable, 0);
  const total = shareOf(codeFiles(input.report, new Set(without.map(({ path }) => path))), missing);
  const denials = [
    ...lineDenials(files, lines, input.min),
    ...totalDenials(total, input),
    ...untestedDenials(files, input),
  ];
  return { lines, total, denials };
}

interface Examined {
  path: string;
  /** A text says why there are no figures. */
  figures: FileCoverage | string;
  /** Changed ones; `untested` of them were not run. */
  functions: FunctionMeasure[];
  untested: FunctionMeasure[];
  hit: number;
  of: number;
  /** The first changed line that was not run, and the innermost function it is in. */
  missed: { line: number; function: string | null };
  executable: number;
}

function examine(file: ChangedFile, { report, elsewhere }: CoverageInput): Examined {
  const figures = shiftedLines(file.path, file.after) ?? figuresOf(report, file.path, file.after);
  const coverage = typeof figures === "string" ? undefined : figures;
  const after = measureSource(file.path, file.after);
  const before = file.before === null ? undefined : measureSource(file.path, file.before);
  const changed = new Set(changedFunctions(before, after, elsewhere ?? new Set()).map(({ now }) => now));
  const functions = [...changed].filter(({ kind }) => kind === "function");
  const stays = linesOf(after.functions.filter((one) => !changed.has(one)));
  for (const line of linesOf([...changed])) stays.delete(line);
  const executable = coverage === undefined ? new Set(after.executable) : coverage.lines;
  const lines = [...changedLines(file.before, file.after)].filter((line) => executable.has(line) && !stays.has(line));
  const unhit = lines.filter((line) => (coverage?.lines.get(line) ?? 0) === 0);
  const lookup = coverage === undefined ? undefined : hitLookup(after.functions, coverage);
  const untested = functions.filter((one) => lookup === undefined || !isHit(one, lookup));
  const counts = { hit: lines.length - unhit.length, of: lines.length, executable: after.executable.length };
  return { path: file.path, figures, functions, untested, missed: placeOf(unhit, after.functions), ...counts };
}

/** The first of some lines, which are in order, with the innermost function it is in; line 1 where there is none. */
function placeOf([line = 1]: readonly number[], functions: readonly FunctionMeasure[]): Examined["missed"] {
  const around = functions.filter((one) => one.kind === "function" && one.line <= line && line <= one.end_line);
  const innermost = around.toSorted((one, other) => one.line - other.line).at(-1);
  return { line, function: innermost?.qualified_name ?? null };
}

function linesOf(functions: readonly FunctionMeasure[]): Set<number> {
  const lines = new Set<number>();
  for (const { line, end_line } of functions) for (let at = line; at <= end_line; at += 1) lines.add(at);
  return lines;
}

function codeFiles(report: PlacedCoverage, without: ReadonlySet<string>): FileCoverage[] {
  return [...report.files].filter(([path]) => isCodeFile(path) && !without.has(path)).map(([, file]) => file);
}

function lineDenials(files: readonly Examined[], lines: number, min: number): Finding[] {
  if (lines >= min) return [];
  return files
    .filter(({ hit, of }) => of > 0 && hit / of < min)
    .map(({ path, hit, of, figures, missed }) => {
      const why = typeof figures === "string" ? figures : `${hit} of ${of} changed lines hit`;
      const message = `Coverage ${share(hit / of)} of ${path} is below ${share(min)}: ${why}`;
      return insufficient({ file: path, ...missed }, { figure: hit / of, limit: min }, message);
    });
}

function totalDenials(total: number, { min, baseTotal }: CoverageInput): Finding[] {
  if (total >= min || (baseTotal !== null && total >= baseTotal)) return [];
  const limit = baseTotal === null ? min : Math.min(min, baseTotal);
  const than = limit < min ? `${share(limit)} of the base` : share(min);
  return [insufficient(NO_PLACE, { figure: total, limit }, `Total coverage ${share(total)} is below ${than}`)];
}

/** The whole change. */
const NO_PLACE = { file: "", line: 1, function: null };

function insufficient(
  place: Pick<Finding, "file" | "line" | "function">,
  { figure, limit }: { figure: number; limit: number },
  message: string,
): Finding {
  return {
    rule: "coverage",
    code: "ERROR_INSUFFICIENT_COVERAGE",
    ...place,
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
