import { err, ok, type Result } from "../kernel/result.js";
import { addFile, type CoverageReport, type ReportDraft } from "./coverage-report.js";

const BLOCK = /^(.+):(\d+)\.\d+,(\d+)\.\d+ \d+ (\d+)$/;
/** Lines one block may span before the report is taken for hostile. */
const MAX_BLOCK_LINES = 100_000;

/** Reads a Go cover profile. It has no function records; a line counts by the most hit block on it. */
export function readGoCover(text: string): Result<CoverageReport, string> {
  const [mode = "", ...rows] = text.split(/\r?\n/);
  if (!/^mode: (?:set|count|atomic)$/.test(mode)) return err("the report does not start with its mode");
  const files = new Map<string, Map<number, number>>();
  for (const [index, row] of rows.entries())
    if (row !== "" && !readBlock(files, row)) return err(`line ${index + 2}: cannot read '${row.slice(0, 80)}'`);
  const draft: ReportDraft = { files: new Map() };
  for (const [path, lines] of files) addFile(draft, path, { lines, functions: [] });
  return draft.files.size === 0
    ? err("the report holds no file")
    : ok({ files: draft.files, naming: "module", roots: [] });
}

function readBlock(files: Map<string, Map<number, number>>, row: string): boolean {
  const [, path, from, to, hits] = BLOCK.exec(row) ?? [];
  if (path === undefined || Number(to) - Number(from) > MAX_BLOCK_LINES) return false;
  const lines = files.get(path) ?? new Map<number, number>();
  files.set(path, lines);
  for (let line = Number(from); line <= Number(to); line += 1)
    lines.set(line, Math.max(lines.get(line) ?? 0, Number(hits)));
  return true;
}
