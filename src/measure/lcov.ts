import { err, ok, type Result } from "../kernel/result.js";
import type { CoverageReport, FileCoverage, FunctionRecord } from "./coverage.js";

/** Reads an lcov tracefile. Strict: a record outside a file, or a figure that is no number, is an error. */
export function readLcov(text: string): Result<CoverageReport, string> {
  const files = new Map<string, FileCoverage>();
  let open: Draft | undefined;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const [tag, rest] = splitRecord(line);
    if (tag === "SF") open = { path: rest, lines: new Map(), starts: [], hits: [] };
    else if (tag === "end_of_record") {
      if (open !== undefined) files.set(open.path, closeDraft(open, files.get(open.path)));
      open = undefined;
    } else if (!readRecord(tag, rest, open)) return err(`line ${index + 1}: cannot read '${line.slice(0, 80)}'`);
  }
  if (open !== undefined) return err("the report ends in the middle of a file");
  return files.size === 0 ? err("the report holds no file") : ok({ files });
}

interface Draft {
  path: string;
  lines: Map<number, number>;
  starts: { name: string; line: number }[];
  hits: { name: string; hits: number }[];
}

function splitRecord(line: string): [string, string] {
  const colon = line.indexOf(":");
  return colon === -1 ? [line.trim(), ""] : [line.slice(0, colon), line.slice(colon + 1)];
}

/** False for a record that should be readable and is not; records of other kinds are passed over. */
function readRecord(tag: string, rest: string, open: Draft | undefined): boolean {
  if (tag !== "DA" && tag !== "FN" && tag !== "FNDA") return true;
  if (open === undefined) return false;
  const [first = "", second = "", third] = rest.split(",");
  const figure = Number(first);
  if (first === "" || !Number.isFinite(figure)) return false;
  if (tag === "DA") {
    open.lines.set(figure, Number(second));
    return second !== "" && Number.isFinite(Number(second));
  }
  const name = tag === "FN" && third !== undefined ? rest.split(",").slice(2).join(",") : rest.slice(first.length + 1);
  if (tag === "FN") open.starts.push({ name, line: figure });
  else open.hits.push({ name, hits: figure });
  return true;
}

/** Several functions may share a name: the n-th hit record of a name belongs to its n-th start. */
function closeDraft(draft: Draft, earlier: FileCoverage | undefined): FileCoverage {
  const seen = new Map<string, number>();
  const functions: FunctionRecord[] = draft.starts.map(({ name, line }) => {
    const nth = seen.get(name) ?? 0;
    seen.set(name, nth + 1);
    const records = draft.hits.filter((record) => record.name === name);
    return { line, hits: (records[nth] ?? records.at(-1))?.hits ?? 0 };
  });
  const lines = new Map(earlier?.lines ?? []);
  for (const [line, hits] of draft.lines) lines.set(line, (lines.get(line) ?? 0) + hits);
  return { lines, functions: [...(earlier?.functions ?? []), ...functions] };
}
