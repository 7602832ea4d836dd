import { err, ok, type Result } from "../../kernel/result.js";
import { addFile, type CoverageReport, type ReportDraft } from "./coverage-report.js";

/** Lines have no more digits than a number counts exactly: beyond that the next line would be the same one, without end. */
const BLOCK = /^(.+):(\d{1,15})\.\d+,(\d{1,15})\.\d+ \d+ (\d+)$/;
/** Lines that all blocks may span together before the report is taken for hostile. */
const MAX_BLOCK_LINES = 5_000_000;

interface Reading {
  readonly files: Map<string, Map<number, number>>;
  linesLeft: number;
}

/** Reads a Go cover profile. It has no function records; a line counts by the most hit block on it. */
export function readGoCover(text: string): Result<CoverageReport, string> {
  const [mode = "", ...rows] = text.split(/\r?\n/);
  if (!/^mode: (?:set|count|atomic)$/.test(mode)) return err("the report does not start with its mode");
  const reading: Reading = { files: new Map(), linesLeft: MAX_BLOCK_LINES };
  const fault = readBlocks(reading, rows);
  if (fault !== undefined) return err(fault);
  const draft: ReportDraft = { files: new Map() };
  for (const [path, lines] of reading.files) addFile(draft, path, { lines, functions: [] });
  return draft.files.size === 0
    ? err("the report holds no file")
    : ok({ files: draft.files, naming: "module", roots: [] });
}

/** Takes all rows in; a text says what is wrong with one. */
function readBlocks(reading: Reading, rows: readonly string[]): string | undefined {
  for (const [index, row] of rows.entries()) {
    if (row !== "" && !readBlock(reading, row)) return `line ${index + 2}: cannot read '${row.slice(0, 80)}'`;
    if (reading.linesLeft < 0) return `the blocks span more than ${MAX_BLOCK_LINES} lines`;
  }
  return undefined;
}

/** Takes one row in; false when it is none. The block that spans more lines than are left is not looked at. */
function readBlock(reading: Reading, row: string): boolean {
  const [, path, from, to, hits] = BLOCK.exec(row) ?? [];
  const spanned = Number(to) - Number(from) + 1;
  if (path === undefined || spanned > MAX_BLOCK_LINES) return false;
  reading.linesLeft -= Math.max(0, spanned);
  if (reading.linesLeft < 0) return true;
  const lines = reading.files.get(path) ?? new Map<number, number>();
  reading.files.set(path, lines);
  for (let line = Number(from); line <= Number(to); line += 1)
    lines.set(line, Math.max(lines.get(line) ?? 0, Number(hits)));
  return true;
}
