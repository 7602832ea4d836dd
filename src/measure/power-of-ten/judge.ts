import type { FileMeasure, FunctionMeasure, RuleFinding } from "../file-measure.js";
import type { Finding } from "../finding.js";
import { changedFunctions, type HashLookup } from "../function-pair.js";
import { isTestFile } from "../language.js";
import { readFacts, type SourceText } from "./analysis.js";
import { type LinkedFile, linkFiles } from "./call-graph/link.js";
import type { FileFact } from "./fact.js";
import { isCFamily } from "./rule.js";

/** A change as the Power of Ten judges it. */
export interface PowerOfTenInput {
  readonly files: readonly { readonly path: string; readonly before: string | null; readonly after: string }[];
  /** Sources that did not change, for the call graph: without them recursion across files cannot be seen. */
  readonly others: readonly SourceText[];
  /** Whether the plan says `powerOfTen: enforce`. */
  readonly enforce: boolean;
  /** Token hashes of the base's functions: what is found there moved. */
  readonly elsewhere?: HashLookup;
}

/** Rules that block in C and C++ whatever the plan says (DESIGN §5). */
const BLOCKING_IN_C: ReadonlySet<string> = new Set([
  "p10-1-jump",
  "p10-1-recursion",
  "p10-2-loop-bound",
  "p10-3-alloc-after-init",
  "p10-4-length",
]);

/**
 * What the Power of Ten objects to in a change (DESIGN §5): changed functions outside tests, no worse than before.
 * In C and C++ failures of five rules block; with `enforce` every failure blocks, and so does what is unknown. Other
 * findings are warnings (`blocks: false`). Pure. Throws Fault GRAMMAR_NOT_LOADED.
 */
export function judgePowerOfTen(input: PowerOfTenInput): Finding[] {
  const files = input.files.filter(({ path }) => !isTestFile(path));
  if (files.length === 0) return [];
  const others = input.others.filter(({ path }) => !isTestFile(path)).map(factsOfOther);
  const after = linkFacts([...files.map(({ path, after: text }) => readFacts({ path, text })), ...others]);
  const earlier = files.flatMap(({ path, before }) => (before === null ? [] : [readFacts({ path, text: before })]));
  const before = linkFacts([...earlier, ...others]);
  return files.flatMap(({ path }) => {
    const now = after.get(path);
    return now === undefined ? [] : judgeFile(now, before.get(path), input);
  });
}

const read = new WeakMap<SourceText, FileFact>();

/** What did not change is read once, however often a change beside it is judged. */
function factsOfOther(source: SourceText): FileFact {
  const known = read.get(source);
  if (known !== undefined) return known;
  const facts = readFacts(source);
  read.set(source, facts);
  return facts;
}

function linkFacts(facts: readonly FileFact[]): Map<string, LinkedFile> {
  return new Map(linkFiles(facts).map((linked) => [linked.measure.path, linked]));
}

function judgeFile(now: LinkedFile, was: LinkedFile | undefined, input: PowerOfTenInput): Finding[] {
  const pairs = changedFunctions(was?.measure, now.measure, input.elsewhere ?? new Set());
  return [
    ...added(was?.findings ?? [], now.findings).map((each) => judged(each, now.measure, null, input)),
    ...pairs.flatMap(({ now: one, was: earlier }) =>
      added(earlier?.findings ?? [], grown(one, earlier)).map((each) => judged(each, now.measure, one, input)),
    ),
  ];
}

/** A function that was too long and grew is found anew. */
function grown(one: FunctionMeasure, was: FunctionMeasure | undefined): RuleFinding[] {
  if (was === undefined || one.length <= was.length) return one.findings;
  return one.findings.flatMap((each) => (each.rule === "p10-4-length" ? [each, each] : [each]));
}

/** Findings there are more of than before, by rule and verdict; the last ones are named. */
function added(before: readonly RuleFinding[], after: readonly RuleFinding[]): RuleFinding[] {
  const left = new Map<string, number>();
  for (const each of before) left.set(keyOf(each), (left.get(keyOf(each)) ?? 0) + 1);
  return after.filter((each) => {
    const known = left.get(keyOf(each)) ?? 0;
    left.set(keyOf(each), known - 1);
    return known <= 0;
  });
}

function keyOf({ rule, verdict }: RuleFinding): string {
  return `${rule} ${verdict}`;
}

function judged(
  each: RuleFinding,
  { path, language }: FileMeasure,
  one: FunctionMeasure | null,
  { enforce }: PowerOfTenInput,
): Finding {
  const blocks = enforce || (each.verdict === "fail" && isCFamily(language) && BLOCKING_IN_C.has(each.rule));
  const name = one?.qualified_name ?? null;
  return {
    rule: each.rule,
    code: "ERROR_POWER_OF_TEN",
    file: path,
    line: each.line,
    function: name,
    figure: 1,
    limit: 0,
    message: `${each.rule} ${each.verdict}: ${name ?? "the file"}: ${each.message}`,
    remedy: REMEDIES[each.rule] ?? "Write it so that the rule can be seen to hold.",
    blocks,
  };
}

const REMEDIES: Readonly<Record<string, string>> = {
  "p10-1-jump": "Use return, a flag or a function of its own instead of the jump.",
  "p10-1-recursion":
    "Use a loop with a bound, or outside C and C++ state the depth in a comment before the function: @bound depth <= N.",
  "p10-2-loop-bound":
    "Count the rounds against a fixed limit, or outside C and C++ state it in a comment before the loop: @bound iterations <= N.",
  "p10-3-alloc-after-init": "Allocate in a function that initialises, or use storage of a fixed size.",
  "p10-4-length": "Split the function.",
  "p10-5-assert": "Assert what must hold on entry and on return.",
  "p10-6-scope": "Pass it as an argument, or keep it in the function that needs it.",
  "p10-7-return": "Look at the result, or wait for it.",
  "p10-8-preproc": "Write the code itself instead of having it made.",
  "p10-9-pointer": "Take one step at a time into named variables, and call functions by their names.",
  "p10-10-warnings": "Fix what is warned of.",
};
