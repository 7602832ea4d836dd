import { err, ok, type Result } from "../../kernel/result.js";
import { addFile, type CoverageReport, type FunctionRecord, isWritten, type ReportDraft } from "./coverage-report.js";

interface Section {
  path: string;
  lines: Map<number, number>;
  /** Where functions start, in the order of the report. */
  starts: Start[];
  /** The same by the number that the tool gives them, where it does. */
  numbered: Map<string, Start>;
  hits: { name: string; hits: number }[];
}

interface Start {
  name: string;
  line: number;
}

type Reader = (section: Section, fields: readonly string[]) => boolean;

const READERS: ReadonlyMap<string, Reader> = new Map([
  ["DA", readLine],
  ["FN", readStart],
  ["FNDA", readHits],
  ["FNL", readIndexed],
  ["FNA", readAlias],
]);

/**
 * Reads an lcov tracefile (`SF`, `DA`, `FN`, `FNDA`, and the `FNL`, `FNA` of lcov 2.2). Strict: a figure that is no
 * number, a record outside a file or a report that ends within one is an error. Records of other kinds are passed over.
 */
export function readLcov(text: string): Result<CoverageReport, string> {
  const state: Reading = { draft: { files: new Map() }, open: undefined };
  for (const [index, line] of text.split(/\r?\n/).entries())
    if (!readRecord(state, line)) return err(`line ${index + 1}: cannot read '${line.slice(0, 80)}'`);
  if (state.open !== undefined) return err("the report ends in the middle of a file");
  const { files } = state.draft;
  return files.size === 0 ? err("the report holds no file") : ok({ files, naming: "path", roots: [] });
}

interface Reading {
  readonly draft: ReportDraft;
  open: Section | undefined;
}

/** Takes one line in; false when it cannot stand there. */
function readRecord(state: Reading, line: string): boolean {
  const { tag, rest } = splitRecord(line);
  if (tag === "SF") return openSection(state, rest);
  if (tag === "end_of_record") return closeSection(state);
  const reader = READERS.get(tag);
  return reader === undefined || (state.open !== undefined && reader(state.open, rest.split(",")));
}

function openSection(state: Reading, path: string): boolean {
  if (state.open !== undefined) return false;
  state.open = { path, lines: new Map(), starts: [], numbered: new Map(), hits: [] };
  return path !== "";
}

function closeSection(state: Reading): boolean {
  const { draft, open } = state;
  if (open === undefined) return false;
  addFile(draft, open.path, { lines: open.lines, functions: recordsOf(open) });
  state.open = undefined;
  return true;
}

function splitRecord(line: string): { tag: string; rest: string } {
  const colon = line.indexOf(":");
  return colon === -1 ? { tag: line.trim(), rest: "" } : { tag: line.slice(0, colon), rest: line.slice(colon + 1) };
}

/** A count or line number; NaN for anything else, and for what no number can hold. */
function figure(field: string | undefined): number {
  const value = field !== undefined && /^\d+(?:\.\d+)?(?:e\+\d+)?$/.test(field) ? Number(field) : Number.NaN;
  return Number.isFinite(value) ? value : Number.NaN;
}

function readLine(section: Section, [line, hits]: readonly string[]): boolean {
  const at = figure(line);
  const count = hits?.startsWith("-") === true ? 0 : figure(hits);
  section.lines.set(at, (section.lines.get(at) ?? 0) + count);
  return Number.isInteger(at) && !Number.isNaN(count);
}

/** `FN:<line>,<name>` or, since lcov 2, `FN:<line>,<end line>,<name>`. */
function readStart(section: Section, fields: readonly string[]): boolean {
  const line = figure(fields[0]);
  const hasEnd = fields.length > 2 && !Number.isNaN(figure(fields[1]));
  section.starts.push({ name: fields.slice(hasEnd ? 2 : 1).join(","), line });
  return Number.isInteger(line) && fields.length > 1;
}

function readHits(section: Section, [hits, ...name]: readonly string[]): boolean {
  section.hits.push({ name: name.join(","), hits: figure(hits) });
  return !Number.isNaN(figure(hits)) && name.length > 0;
}

/** `FNL:<index>,<line>[,<end line>]`. */
function readIndexed(section: Section, [index = "", line]: readonly string[]): boolean {
  const start = { name: "", line: figure(line) };
  section.starts.push(start);
  if (!section.numbered.has(index)) section.numbered.set(index, start);
  return Number.isInteger(start.line);
}

/** `FNA:<index>,<hits>,<name>`: gives the function of that index its name and hits. */
function readAlias(section: Section, [index = "", hits, ...name]: readonly string[]): boolean {
  const start = section.numbered.get(index);
  if (start === undefined || Number.isNaN(figure(hits))) return false;
  start.name = name.join(",");
  section.hits.push({ name: start.name, hits: figure(hits) });
  return true;
}

/** Functions may share a name: the n-th hit record of a name belongs to its n-th start. */
function recordsOf({ starts, hits }: Section): FunctionRecord[] {
  const byName = new Map<string, number[]>();
  for (const record of hits) {
    const counts = byName.get(record.name);
    if (counts === undefined) byName.set(record.name, [record.hits]);
    else counts.push(record.hits);
  }
  for (const counts of byName.values()) counts.reverse(); // taken from the end: a report may repeat one name without end
  return starts.map(({ name, line }) => ({ name, line, hits: byName.get(name)?.pop() ?? 0 })).filter(isWritten);
}
