import type { FunctionMeasure } from "../file-measure.js";
import { isEcmaScript, languageOf } from "../language.js";
import type { FileCoverage, FunctionRecord } from "./coverage-report.js";

/**
 * Whether a function was run, by the tool's function records matched on position (DESIGN §9): tools report uncalled
 * one-line functions as covered lines. Where the tool has no record of it, the lines of its body decide, and a named
 * one-line function without a record counts as not run among records of others, and where the definition runs the line
 * anyhow. `all` are the file's functions.
 */
export function isHit(one: FunctionMeasure, all: readonly FunctionMeasure[], coverage: FileCoverage): boolean {
  const record = recordOf(one, all, coverage.functions);
  if (record !== undefined) return record.hits > 0;
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

function recordOf(
  one: FunctionMeasure,
  all: readonly FunctionMeasure[],
  records: readonly FunctionRecord[],
): FunctionRecord | undefined {
  const here = records.filter(({ line }) => line === one.line);
  const peers = all.filter((other) => other.kind === "function" && other.line === one.line);
  if (here.length > 0 && here.length === peers.length) return here[peers.indexOf(one)];
  const named = here.filter(({ name }) => isNameOf(name, one));
  if (here.length > 0) return leastHit(named.length > 0 ? named : one.named ? here : []);
  const starts = new Set(all.filter((other) => other !== one).map((other) => other.line));
  return leastHit(records.filter(({ line }) => line > one.line && line <= one.body_line && !starts.has(line)));
}

/** `get value` and `value_2` are names tools give to `value`. */
function isNameOf(name: string, one: FunctionMeasure): boolean {
  const own = one.name === "constructor" ? (one.qualified_name.split(".").at(-2) ?? one.name) : one.name;
  return name.replace(/^(?:get|set|static|async) /, "").replace(/_\d+$/, "") === own || name === one.name;
}

function leastHit(records: readonly FunctionRecord[]): FunctionRecord | undefined {
  return [...records].sort((a, b) => a.hits - b.hits)[0];
}
