import type { ChangeLimits } from "./change-limits.js";
import { isPlainlyWithin } from "./ecmascript/plainly-within.js";
import type { FileFigures, FileMeasure, FunctionFigures, ParseError } from "./file-measure.js";
import type { Finding } from "./finding.js";
import { type ChangedFunction, changedFunctions, type HashLookup } from "./function-pair.js";
import { measureFigures, measureSource } from "./source.js";
import { withoutReason } from "./suppression.js";

/** One file before and after. `elsewhere`: token hashes of the base's functions, so that a move is not new. */
export interface ChangeInput {
  readonly path: string;
  /** The text at the task's base commit; null when the file is new. */
  readonly before: string | null;
  readonly after: string;
  readonly limits: ChangeLimits;
  readonly isTest: boolean;
  readonly elsewhere?: HashLookup;
}

/**
 * The write-time rules (`S3:48-49`, `S3:212-225`, DESIGN §5): new functions within limits, existing ones within
 * limits or no worse than before; code that only moved is not new; a new parse error blocks; a comment added that
 * switches a rule off blocks. Pure and total.
 */
export function judgeChange(input: ChangeInput): Finding[] {
  const { path, after: text, limits } = input;
  if (isPlainlyWithin(path, text, limits) || hasNothingToJudge(measureFigures(path, text), limits)) return [];
  const after = measureSource(path, text);
  const before = input.before === null ? undefined : measureSource(path, input.before);
  return judgeMeasured(input, before, after);
}

/**
 * Whether the rules can find nothing in a text, whatever it was before: then neither that nor the hashes are looked
 * at, which is so with nearly every write.
 */
function hasNothingToJudge({ errors, suppressions, functions }: FileFigures, limits: ChangeLimits): boolean {
  if (errors.length > 0 || suppressions.length > 0) return false;
  return functions.every((one) => one.complexity <= limits.maxComplexity && !isTooLong(one, limits.maxFunctionLines));
}

/** A field's initialiser has no length of its own: a table in one is data. */
function isTooLong({ kind, length }: FunctionFigures, lines: number): boolean {
  return kind !== "field" && length > lines;
}

/** `judgeChange` over texts already measured. */
export function judgeMeasured(
  input: Pick<ChangeInput, "limits" | "isTest" | "elsewhere">,
  before: FileMeasure | undefined,
  after: FileMeasure,
): Finding[] {
  const changed = changedFunctions(before, after, input.elsewhere ?? new Set());
  return [
    ...parseFindings(before, after),
    ...changed.flatMap((pair) => limitFindings(input.limits, pair)),
    ...suppressionFindings(before, after, input.isTest),
  ];
}

function limitFindings(limits: ChangeLimits, { now, was }: ChangedFunction): Finding[] {
  const { maxComplexity, maxFunctionLines } = limits;
  const findings: Finding[] = [];
  const at = { file: now.file, line: now.line, function: now.qualified_name, blocks: true };
  const paths = Math.max(maxComplexity, was?.complexity ?? 0);
  if (now.complexity > paths)
    findings.push({
      ...at,
      rule: "max-complexity",
      code: "ERROR_COMPLEXITY_VIOLATION",
      figure: now.complexity,
      limit: maxComplexity,
      message: `Function complexity ${now.complexity} exceeds agent limit ${maxComplexity}`,
      remedy: `Split ${now.qualified_name} into functions of complexity at most ${paths}.`,
    });
  const lines = Math.max(maxFunctionLines, was?.length ?? 0);
  if (isTooLong(now, lines))
    findings.push({
      ...at,
      rule: "max-function-lines",
      code: "ERROR_LENGTH_VIOLATION",
      figure: now.length,
      limit: maxFunctionLines,
      message: `Function length ${now.length} exceeds agent limit ${maxFunctionLines}`,
      remedy: `Split ${now.qualified_name} into functions of at most ${lines} lines.`,
    });
  return findings;
}

/** A new parse error blocks: code could hide in what cannot be read. One that was there before warns. */
function parseFindings(before: FileMeasure | undefined, after: FileMeasure): Finding[] {
  const keyOf = ({ key, message }: ParseError): string => key ?? message;
  const known = counted((before?.errors ?? []).map(keyOf));
  return after.errors.map((error) => parseFinding(after.path, error, take(known, keyOf(error))));
}

function parseFinding(path: string, error: ParseError, known: boolean): Finding {
  return {
    rule: "parse",
    code: "ERROR_PARSE",
    file: path,
    line: error.line,
    function: null,
    figure: 1,
    limit: 0,
    message: `The file cannot be parsed: ${error.message}`,
    remedy: known ? "It could not be parsed before either: its functions are unknown." : "Write code that parses.",
    blocks: !known,
  };
}

/** What tests may say: that something must not compile, and that the next statement keeps its columns. */
const SAID_IN_TESTS = /^(?:ts-expect-error\b|formatter off (?:prettier|dprint)-ignore$)/;

/**
 * A comment that switches a rule off is never an agent's to add, in tests neither: it hides the rule from people
 * too. One that was there may be given a reason. Tests alone may say what they have a use for and what hides none of their
 * code (ADR 19).
 */
function suppressionFindings(before: FileMeasure | undefined, after: FileMeasure, isTest: boolean): Finding[] {
  const known = counted((before?.suppressions ?? []).map((one) => one.text));
  return after.suppressions
    .filter(({ text }) => !take(known, text) && !take(known, withoutReason(text)))
    .filter(({ text }) => !(isTest && SAID_IN_TESTS.test(text)))
    .map((one) => ({
      rule: "no-suppression",
      code: "ERROR_SUPPRESSION",
      file: after.path,
      line: one.line,
      function: null,
      figure: 1,
      limit: 0,
      message: `Comment switches a rule off: ${one.kind}`,
      remedy: "Fix what the rule points at instead, or ask a person to change the plan.",
      blocks: true,
    }));
}

/** How often each occurs. */
function counted(items: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}

/** Removes one occurrence of `item` and says whether there was one. */
function take(counts: Map<string, number>, item: string): boolean {
  const left = counts.get(item) ?? 0;
  if (left > 0) counts.set(item, left - 1);
  return left > 0;
}
