import { readFile, stat } from "node:fs/promises";
import { dirname, isAbsolute, relative, resolve } from "node:path";
import { MAX_REPORT_BYTES } from "../../kernel/bounds.js";
import { invalid, messageOf } from "../../kernel/fault.js";
import { type CoverageFormat, readCoverage } from "../../measure/report/coverage.js";
import { figuresOf, type PlacedCoverage, placeReport } from "../../measure/report/coverage-place.js";
import { addFile, type CoverageReport, type ReportDraft } from "../../measure/report/coverage-report.js";
import type { ChangedCode } from "./change.js";
import type { WrittenReport } from "./run-tests.js";

/** Where reports were written and what they must be about. */
export interface ReportPlace {
  readonly cwd: string;
  /** Top of the checkout. */
  readonly top: string;
  /** Every file of what the report is about. */
  readonly files: readonly string[];
}

/** What tells the formats apart, tried in this order. */
const SIGNS: readonly (readonly [CoverageFormat, RegExp])[] = [
  ["go", /^mode: (?:set|count|atomic)\s/],
  ["jacoco", /^\s*(?:<\?xml[^>]*>\s*)?(?:<!DOCTYPE report[^>]*>\s*)?<report[\s>]/],
  ["cobertura", /^\s*(?:<\?xml[^>]*>\s*)?(?:<!DOCTYPE coverage[^>]*>\s*)?<coverage[\s>]/],
  ["lcov", /^(?:TN:.*|SF:.*|#.*)$/m],
];
const JSON_SIGNS: readonly (readonly [CoverageFormat, string])[] = [
  ["coverage.py", "meta"],
  ["gcovr", "gcovr/format_version"],
  ["gcov", "gcc_version"],
];

/** The format of a report by its beginning, or undefined. */
export function formatOf(text: string): CoverageFormat | undefined {
  const head = text.slice(0, 4_096);
  if (/^\s*\{/.test(head)) return jsonFormat(text);
  return SIGNS.find(([, sign]) => sign.test(head))?.[0];
}

function jsonFormat(text: string): CoverageFormat {
  try {
    const data = JSON.parse(text) as Record<string, unknown>;
    return JSON_SIGNS.find(([, key]) => Object.hasOwn(data, key))?.[0] ?? "istanbul";
  } catch {
    return "istanbul"; // its reader says what is wrong with the text
  }
}

/**
 * Reads coverage reports and joins them, paths made repository-relative. Throws Fault BAD_COVERAGE (exit 2) for a
 * report that is not there, cannot be read, or is about other sources than those judged.
 */
export async function readReports(files: readonly string[], place: ReportPlace): Promise<PlacedCoverage> {
  const reports: PlacedCoverage[] = [];
  for (const file of files) reports.push(placed(await readReport(resolve(place.cwd, file), file), file, place));
  return joined(reports);
}

function joined(reports: readonly PlacedCoverage[]): PlacedCoverage {
  const draft: ReportDraft = { files: new Map() };
  for (const { files } of reports) for (const [path, figures] of files) addFile(draft, path, figures);
  const unclear = new Set(reports.flatMap((report) => [...report.unclear]));
  for (const path of unclear) draft.files.delete(path);
  return { files: draft.files, unclear };
}

async function readReport(path: string, shown: string): Promise<CoverageReport> {
  const text = await readText(path, shown);
  const format = formatOf(text);
  if (format === undefined) throw bad(shown, "is in no format that is known");
  const read = readCoverage(text, format);
  if (!read.ok) throw bad(shown, `cannot be read as ${format}: ${read.error}`);
  return read.value;
}

async function readText(path: string, shown: string): Promise<string> {
  try {
    if ((await stat(path)).size > MAX_REPORT_BYTES) throw new Error(`it is longer than ${MAX_REPORT_BYTES} bytes`);
    return await readFile(path, "utf8");
  } catch (cause) {
    throw bad(shown, `cannot be read: ${messageOf(cause)}`);
  }
}

/** The same for reports that the plan's own commands wrote. Throws Fault BAD_COVERAGE (exit 2). */
export function readOwnReports(reports: readonly WrittenReport[], files: readonly string[]): PlacedCoverage {
  return joined(reports.map((report) => ownReport(report, files)));
}

function ownReport({ path, text, format, root }: WrittenReport, files: readonly string[]): PlacedCoverage {
  const read = readCoverage(text, format);
  if (!read.ok) throw bad(`the plan's report ${path}`, `cannot be read as ${format}: ${read.error}`);
  const found = placeReport(read.value, { root, files, report: path });
  if (found.ok) return found.value;
  throw bad(`the plan's report ${path}`, `cannot be used: ${found.error}`);
}

/** Relative paths may start at the top, where the command was given, or at the report's own folder or the one above. */
function placed(report: CoverageReport, file: string, place: ReportPlace): PlacedCoverage {
  const own = dirname(resolve(place.cwd, file));
  const folders = [place.top, place.cwd, own, dirname(own)].map((folder) => relative(place.top, folder));
  const inside = [...new Set(folders)].filter((folder) => !folder.startsWith("..") && !isAbsolute(folder));
  const roots = report.roots.length === 0 ? inside : report.roots;
  const found = placeReport({ ...report, roots }, { root: place.top, files: place.files });
  if (found.ok) return found.value;
  throw bad(file, `cannot be used: ${found.error}`);
}

/** A report that names lines a changed file does not have was made from another state of it. */
export function refuseStale(report: PlacedCoverage, code: readonly ChangedCode[]): void {
  for (const { path, after } of code) {
    const figures = report.files.has(path) ? figuresOf(report, path, after) : "";
    if (typeof figures === "string" && figures !== "")
      throw bad("the coverage report", `cannot be used for ${path}: ${figures}`);
  }
}

function bad(file: string, why: string): ReturnType<typeof invalid> {
  return invalid("BAD_COVERAGE", `${file} ${why}. Run the tests on exactly the commit that is judged, then check.`);
}
