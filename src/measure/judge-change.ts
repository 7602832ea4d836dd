import type { FileMeasure, FunctionMeasure } from "./file-measure.js";
import { measureSource } from "./source.js";

/** What a change is judged by: complexity, and own lines of a function. */
export interface ChangeLimits {
  readonly maxComplexity: number;
  readonly maxFunctionLines: number;
}

/** One file before and after. `elsewhere`: token hashes of the base's functions, so that a move is not new. */
export interface ChangeInput {
  readonly path: string;
  readonly before: string | null;
  readonly after: string;
  readonly limits: ChangeLimits;
  readonly isTest: boolean;
  readonly elsewhere?: ReadonlySet<string>;
}

/** What a rule found. `message` of a complexity finding is contract (S3:212-225). */
export interface Finding {
  readonly rule: string;
  readonly code:
    | "ERROR_COMPLEXITY_VIOLATION"
    | "ERROR_LENGTH_VIOLATION"
    | "ERROR_PARSE"
    | "ERROR_SUPPRESSION"
    | "ERROR_UNDOCUMENTED";
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** Qualified name; null where it is about no function. */
  readonly function: string | null;
  readonly figure: number;
  readonly limit: number;
  readonly message: string;
  readonly remedy: string;
  /** False: a warning. */
  readonly blocks: boolean;
}

/** A new or changed function and what it was, by qualified name and order. */
export interface ChangedFunction {
  readonly now: FunctionMeasure;
  readonly was: FunctionMeasure | undefined;
}

/**
 * Judges what a change makes of a file: new functions within limits, existing ones within limits or no
 * worse than before; code that only moved is not new; what cannot be parsed any more blocks; a
 * suppression comment that the change adds blocks.
 */
export function judgeChange(input: ChangeInput): Finding[] {
  const after = measureSource(input.path, input.after);
  if (after.language === null) return [];
  const before = input.before === null ? undefined : measureSource(input.path, input.before);
  const changed = changedFunctions(before, after, input.elsewhere ?? new Set());
  return [
    ...parseFindings(input, before, after),
    ...changed.flatMap((pair) => limitFindings(input, pair)),
    ...suppressionFindings(input, before, after),
  ];
}

/** Functions of `after` that are new or differ from `before`, leaving out those that merely moved. */
export function changedFunctions(
  before: FileMeasure | undefined,
  after: FileMeasure,
  elsewhere: ReadonlySet<string>,
): ChangedFunction[] {
  const old = new Map((before?.functions ?? []).map((fn) => [keyOf(fn), fn]));
  const hashes = new Set((before?.functions ?? []).map((fn) => fn.token_hash));
  return after.functions
    .filter((fn) => !hashes.has(fn.token_hash) && !elsewhere.has(fn.token_hash))
    .map((fn) => ({ now: fn, was: old.get(keyOf(fn)) }));
}

function keyOf(fn: FunctionMeasure): string {
  return `${fn.qualified_name}#${fn.order}`;
}

function limitFindings(input: ChangeInput, { now, was }: ChangedFunction): Finding[] {
  const { maxComplexity, maxFunctionLines } = input.limits;
  const findings: Finding[] = [];
  const at = { file: input.path, line: now.line, function: now.qualified_name, blocks: true };
  if (now.complexity > Math.max(maxComplexity, was?.complexity ?? 0))
    findings.push({
      ...at,
      rule: "max-complexity",
      code: "ERROR_COMPLEXITY_VIOLATION",
      figure: now.complexity,
      limit: maxComplexity,
      message: `Function complexity ${now.complexity} exceeds agent limit ${maxComplexity}`,
      remedy: `Split ${now.qualified_name} into functions of complexity at most ${maxComplexity}.`,
    });
  if (now.length > Math.max(maxFunctionLines, was?.length ?? 0))
    findings.push({
      ...at,
      rule: "max-function-lines",
      code: "ERROR_LENGTH_VIOLATION",
      figure: now.length,
      limit: maxFunctionLines,
      message: `Function length ${now.length} exceeds agent limit ${maxFunctionLines}`,
      remedy: `Split ${now.qualified_name} into functions of at most ${maxFunctionLines} lines.`,
    });
  return findings;
}

/** A new parse error blocks: code could hide in what cannot be read. One that was there before warns. */
function parseFindings(input: ChangeInput, before: FileMeasure | undefined, after: FileMeasure): Finding[] {
  if (after.parse === "ok") return [];
  const blocks = before === undefined || before.parse === "ok" || after.errors.length > before.errors.length;
  const first = after.errors[0];
  return [
    {
      rule: "parse",
      code: "ERROR_PARSE",
      file: input.path,
      line: first?.line ?? 1,
      function: null,
      figure: after.errors.length,
      limit: before?.errors.length ?? 0,
      message: `The file cannot be parsed: ${first?.message ?? "unknown error"}`,
      remedy: "Write code that parses.",
      blocks,
    },
  ];
}

/** A comment that switches a rule off is never an agent's to add; tests may expect type errors. */
function suppressionFindings(input: ChangeInput, before: FileMeasure | undefined, after: FileMeasure): Finding[] {
  const allowed = (kind: string): boolean => input.isTest && kind === "ts-expect-error";
  const had = new Map<string, number>();
  for (const { kind } of before?.suppressions ?? []) had.set(kind, (had.get(kind) ?? 0) + 1);
  const findings: Finding[] = [];
  for (const { kind, line } of after.suppressions) {
    const left = had.get(kind) ?? 0;
    had.set(kind, left - 1);
    if (left > 0 || allowed(kind)) continue;
    findings.push({
      rule: "no-suppression",
      code: "ERROR_SUPPRESSION",
      file: input.path,
      line,
      function: null,
      figure: 1,
      limit: 0,
      message: `Comment switches a rule off: ${kind}`,
      remedy: "Fix what the rule points at instead.",
      blocks: true,
    });
  }
  return findings;
}
