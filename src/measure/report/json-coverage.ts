import { z } from "zod";
import { err, ok, type Result } from "../../kernel/result.js";
import { addFile, type CoverageReport, type FileCoverage, type ReportDraft, sumRecords } from "./coverage-report.js";
import { listOf, membersOf, NO_REPORT } from "./report-schema.js";

const position = z.object({ line: z.int().nonnegative() });
const count = z.number().nonnegative();
const lineNumbers = listOf(z.int().positive());

const istanbulFile = z.object({
  path: z.string().optional(),
  statementMap: membersOf(z.object({ start: position })),
  s: membersOf(count),
  fnMap: membersOf(z.object({ name: z.string(), decl: z.object({ start: position }) })),
  f: membersOf(count),
});
type IstanbulFile = z.infer<typeof istanbulFile>;
const istanbulReport = membersOf(istanbulFile);

const pythonRegion = z.object({
  executed_lines: lineNumbers,
  missing_lines: lineNumbers,
  start_line: z.int().positive().optional(),
});
const pythonReport = z.object({
  files: membersOf(pythonRegion.extend({ functions: membersOf(pythonRegion).optional() })),
});
type PythonFile = z.infer<typeof pythonReport>["files"] extends Map<string, infer File> ? File : never;

const gccLine = z.object({
  line_number: z.int().nonnegative(),
  count,
  "gcovr/noncode": z.boolean().optional(),
  "gcovr/excluded": z.boolean().optional(),
});
const gccFunction = z
  .object({
    name: z.string().optional(),
    demangled_name: z.string().optional(),
    start_line: z.int().nonnegative().optional(),
    lineno: z.int().nonnegative().optional(),
    execution_count: count,
  })
  .refine(({ start_line, lineno }) => (start_line ?? lineno) !== undefined, "a function without a line");
const gccReport = z.object({
  files: listOf(z.object({ file: z.string(), lines: listOf(gccLine), functions: listOf(gccFunction).optional() })),
});
type GccFile = z.infer<typeof gccReport>["files"][number];

/** Reads Istanbul's `coverage-final.json`; a line counts by the most hit of the statements that start on it. */
export function readIstanbul(text: string): Result<CoverageReport, string> {
  return readJson(text, istanbulReport, (report) =>
    [...report].map(([key, file]) => [file.path ?? key, istanbulCoverage(file)]),
  );
}

/** Reads `coverage json` of coverage.py; functions are known since its version 7.6. */
export function readCoveragePy(text: string): Result<CoverageReport, string> {
  return readJson(text, pythonReport, ({ files }) => [...files].map(([path, file]) => [path, pythonCoverage(file)]));
}

/** Reads the JSON of `gcov --json-format` (unpacked) and of `gcovr --json`. */
export function readGcov(text: string): Result<CoverageReport, string> {
  return readJson(text, gccReport, ({ files }) => files.map((file) => [file.file, gccCoverage(file)]));
}

function readJson<T>(
  text: string,
  schema: z.ZodType<T>,
  filesOf: (report: T) => [string, FileCoverage][],
): Result<CoverageReport, string> {
  const parsed = parseJson(text);
  if (parsed === undefined) return err("the report is not JSON");
  const report = schema.safeParse(parsed);
  if (!report.success) return err(describeIssue(report.error));
  const draft: ReportDraft = { files: new Map() };
  for (const [path, file] of filesOf(report.data)) addFile(draft, path, file);
  return draft.files.size === 0
    ? err("the report holds no file")
    : ok({ files: draft.files, naming: "path", roots: [] });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function describeIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  const place = issue?.path.join(".") ?? "";
  return `${place === "" ? NO_REPORT : place}: ${issue?.message ?? NO_REPORT}`;
}

function istanbulCoverage(file: IstanbulFile): FileCoverage {
  const lines = new Map<number, number>();
  for (const [id, { start }] of file.statementMap)
    lines.set(start.line, Math.max(lines.get(start.line) ?? 0, file.s.get(id) ?? 0));
  const functions = [...file.fnMap].map(([id, { name, decl }]) => ({
    name,
    line: decl.start.line,
    hits: file.f.get(id) ?? 0,
  }));
  return { lines, functions };
}

function pythonCoverage(file: PythonFile): FileCoverage {
  const functions = [...(file.functions ?? [])]
    .filter(
      ([name, { executed_lines, missing_lines }]) => name !== "" && executed_lines.length + missing_lines.length > 0,
    )
    .map(([name, { executed_lines, missing_lines, start_line }]) => ({
      name,
      line: start_line ?? firstOf([...executed_lines, ...missing_lines]),
      hits: executed_lines.length,
    }));
  const missing = file.missing_lines.map((line) => [line, 0] as const);
  const executed = file.executed_lines.map((line) => [line, 1] as const);
  return { lines: new Map([...missing, ...executed]), functions };
}

/** The smallest of some numbers, however many. */
function firstOf(lines: readonly number[]): number {
  return lines.reduce((least, line) => Math.min(least, line), Number.POSITIVE_INFINITY);
}

function gccCoverage(file: GccFile): FileCoverage {
  const lines = new Map<number, number>();
  for (const line of file.lines)
    if (line["gcovr/noncode"] !== true && line["gcovr/excluded"] !== true)
      lines.set(line.line_number, (lines.get(line.line_number) ?? 0) + line.count);
  const records = (file.functions ?? []).map((one) => ({
    name: "",
    line: one.start_line ?? one.lineno ?? 0,
    hits: one.execution_count,
  }));
  return { lines, functions: sumRecords(records) };
}
