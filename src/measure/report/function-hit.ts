import type { FunctionMeasure } from "../file-measure.js";
import { isEcmaScript, languageOf } from "../language.js";
import type { FileCoverage, FunctionRecord } from "./coverage-report.js";

/** A file's functions and a tool's records of them, by the lines they start on. */
export interface HitLookup {
  readonly coverage: FileCoverage;
  readonly records: ReadonlyMap<number, LineRecords>;
  readonly starts: ReadonlyMap<number, LineStarts>;
}

/** The records of one line: in their order, the least hit one, and that of each name tools may give a function. */
interface LineRecords {
  readonly all: FunctionRecord[];
  readonly byName: Map<string, FunctionRecord>;
  least: FunctionRecord;
}

/** How many functions start on a line, and which place each has among them; other code that is measured has none. */
interface LineStarts {
  readonly places: Map<FunctionMeasure, number>;
}

/** Makes the lookup for all of a file's functions: both sides may be hundreds of thousands, and are gone through once. */
export function hitLookup(all: readonly FunctionMeasure[], coverage: FileCoverage): HitLookup {
  const starts = new Map<number, LineStarts>();
  for (const one of all) {
    const here = starts.get(one.line) ?? { places: new Map() };
    starts.set(one.line, here);
    if (one.kind === "function") here.places.set(one, here.places.size);
  }
  const records = new Map<number, LineRecords>();
  for (const record of coverage.functions) addToLine(records, record);
  return { coverage, records, starts };
}

function addToLine(records: Map<number, LineRecords>, record: FunctionRecord): void {
  const here: LineRecords = records.get(record.line) ?? { all: [], byName: new Map(), least: record };
  records.set(record.line, here);
  here.all.push(record);
  here.least = lessHit(here.least, record);
  for (const name of [record.name, bareName(record.name)])
    here.byName.set(name, lessHit(here.byName.get(name) ?? record, record));
}

/**
 * Whether a function was run, by the tool's function records matched on position (DESIGN §9): tools report uncalled
 * one-line functions as covered lines. Where the tool has no record of it, the lines of its body decide, and a named
 * one-line function without a record counts as not run among records of others, and where the definition runs the line
 * anyhow.
 */
export function isHit(one: FunctionMeasure, lookup: HitLookup): boolean {
  const record = recordOf(one, lookup);
  if (record !== undefined) return record.hits > 0;
  const { coverage } = lookup;
  const oneLine = one.line === one.end_line;
  if (oneLine && one.named && (coverage.functions.length > 0 || isRunAsDefined(one))) return false;
  return bodyLines(one).some((line) => (coverage.lines.get(line) ?? 0) > 0);
}

function isRunAsDefined({ file }: FunctionMeasure): boolean {
  const language = languageOf(file);
  return language === "python" || isEcmaScript(language);
}

function bodyLines(one: FunctionMeasure): number[] {
  const from = one.line === one.end_line ? one.line : Math.min(one.body_line + (isHead(one) ? 1 : 0), one.end_line);
  return Array.from({ length: one.end_line - from + 1 }, (_, index) => from + index);
}

/** Whether the line on which the body opens is still the function's head, run where it is defined. */
function isHead(one: FunctionMeasure): boolean {
  return one.body_line < one.end_line;
}

function recordOf(one: FunctionMeasure, lookup: HitLookup): FunctionRecord | undefined {
  const here = lookup.records.get(one.line);
  if (here === undefined) return recordInHead(one, lookup);
  const places = lookup.starts.get(one.line)?.places;
  if (here.all.length === places?.size) return here.all[places.get(one) ?? -1];
  return namedRecord(one, here);
}

/** The least hit record of its name; of any where none has its name, unless it has none either. */
function namedRecord(one: FunctionMeasure, { byName, least }: LineRecords): FunctionRecord | undefined {
  return byName.get(ownName(one)) ?? byName.get(one.name) ?? (one.named ? least : undefined);
}

/** The record of a line between where a function starts and where its body opens, on which no other starts. */
function recordInHead({ line: first, body_line }: FunctionMeasure, lookup: HitLookup): FunctionRecord | undefined {
  let found: FunctionRecord | undefined;
  for (let line = first + 1; line <= body_line; line += 1) {
    const least = lookup.starts.has(line) ? undefined : lookup.records.get(line)?.least;
    if (least !== undefined) found = lessHit(found ?? least, least);
  }
  return found;
}

/** A constructor goes by its class's name too. */
function ownName({ name, qualified_name }: FunctionMeasure): string {
  return name === "constructor" ? (qualified_name.split(".").at(-2) ?? name) : name;
}

/** `get value` and `value_2` are names tools give to `value`. */
function bareName(name: string): string {
  return name.replace(/^(?:get|set|static|async) /, "").replace(/_\d+$/, "");
}

/** The less hit of two records; the first where they are alike. */
function lessHit(one: FunctionRecord, other: FunctionRecord): FunctionRecord {
  return other.hits < one.hits ? other : one;
}
