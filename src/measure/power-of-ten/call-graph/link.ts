import { MAX_FUNCTION_LINES } from "../../../kernel/bounds.js";
import type { FileMeasure, FunctionFigures, FunctionMeasure, RuleFinding } from "../../file-measure.js";
import { isEcmaScript } from "../../language.js";
import type { FileFact, FunctionFact } from "../fact.js";
import type { PowerOfTenRule } from "../rule.js";
import { unreadFindings } from "../unread-rule.js";
import { linkAllocations } from "./allocation-link.js";
import { buildCallGraph, type CallGraph } from "./call-graph.js";
import { linkMacros } from "./macro-link.js";
import { linkPointers } from "./pointer-link.js";
import { linkRecursion } from "./recursion-link.js";
import { linkReturns } from "./return-link.js";

/** A file with what the Power of Ten finds in it. */
export interface LinkedFile {
  /** The measure; its functions carry their findings. */
  readonly measure: FileMeasure;
  /** Findings about no function. */
  readonly findings: readonly RuleFinding[];
}

/** Assertions a function makes on average (p10-5-assert). */
const MIN_ASSERTIONS = 2;

/**
 * The findings of the Power of Ten on files that are read together (DESIGN §9): those of each file, and what only
 * the call graph across them tells. A rule about which a function has no finding passes there; `unknown` never does.
 */
export function linkFiles(files: readonly FileFact[]): LinkedFile[] {
  const graph = buildCallGraph(files);
  const found: RuleFinding[][] = graph.index.nodes.map(({ fact }) => [...fact.findings]);
  linkRecursion(graph, found);
  linkAllocations(graph, found);
  linkReturns(graph, found);
  linkMacros(graph, found);
  linkPointers(graph, found);
  return files.map((file) => linkedFile(file, graph, found));
}

function linkedFile(file: FileFact, { index }: CallGraph, found: readonly RuleFinding[][]): LinkedFile {
  const first = index.first.get(file) ?? 0;
  const average = averageAssertions(file);
  const rest = [...file.findings];
  const functions = file.measure.functions.map((one, at) => {
    const fact = index.nodes[first + at]?.fact;
    const own = [
      ...(found[first + at] ?? []),
      ...figureFindings(one, fact, average),
      ...errorFindings(one, file.measure),
    ];
    return { ...one, findings: own };
  });
  for (const each of suppressionFindings(file.measure))
    (innermostAt(functions, each.line)?.findings ?? rest).push(each);
  for (const one of functions) one.findings.sort((a, b) => a.line - b.line || a.rule.localeCompare(b.rule));
  return { measure: { ...file.measure, functions }, findings: rest };
}

/** p10-4-length, and p10-5-assert where the file asserts too little on average. */
function figureFindings(one: FunctionMeasure, fact: FunctionFact | undefined, average: number): RuleFinding[] {
  const findings: RuleFinding[] = [];
  const add = (rule: PowerOfTenRule, message: string): void => {
    findings.push({ rule, line: one.line, verdict: "fail", message });
  };
  if (one.kind !== "field" && one.length > MAX_FUNCTION_LINES)
    add("p10-4-length", `is ${one.length} lines long, more than ${MAX_FUNCTION_LINES}`);
  const asserted = fact?.assertions ?? 0;
  if (decides(one) && asserted < MIN_ASSERTIONS && average < MIN_ASSERTIONS)
    add("p10-5-assert", `makes ${asserted} assertions; functions of this file make ${average.toFixed(1)} on average`);
  return findings;
}

/** Functions without a decision have little to assert, and are left out of the average. */
function decides(one: FunctionMeasure): boolean {
  return one.kind === "function" && one.complexity > 1;
}

function averageAssertions({ functions, measure }: FileFact): number {
  const deciding = functions.filter(({ index }) => decides(measure.functions[index] as FunctionMeasure));
  const made = deciding.reduce((sum, { assertions }) => sum + assertions, 0);
  return deciding.length === 0 ? MIN_ASSERTIONS : made / deciding.length;
}

/** In ECMAScript the parser says where it could not read; in other languages the tree does. */
function errorFindings({ line, end_line }: FunctionMeasure, { errors, language }: FileMeasure): RuleFinding[] {
  const error = isEcmaScript(language ?? undefined)
    ? errors.find((each) => each.line >= line && each.line <= end_line)
    : undefined;
  return error === undefined ? [] : unreadFindings(error.line, error.message);
}

/** p10-10-warnings as far as text tells: comments and directives that silence a compiler or linter. */
function suppressionFindings({ suppressions }: FileMeasure): RuleFinding[] {
  return suppressions.map(({ kind, line }) => ({
    rule: "p10-10-warnings",
    line,
    verdict: "fail",
    message: `silences warnings: ${kind}`,
  }));
}

/** A file with more findings, each at the function it stands in. */
export function addFindings({ measure, findings }: LinkedFile, more: readonly RuleFinding[]): LinkedFile {
  const rest = [...findings];
  const functions = measure.functions.map((one) => ({ ...one, findings: [...one.findings] }));
  for (const { rule, line, verdict, message } of more)
    (innermostAt(functions, line)?.findings ?? rest).push({ rule, line, verdict, message });
  return { measure: { ...measure, functions }, findings: rest };
}

/** The function of a file that a line is in, the innermost of several. */
export function innermostAt<T extends FunctionFigures>(functions: readonly T[], line: number): T | undefined {
  return functions.findLast((one) => one.line <= line && line <= one.end_line);
}
