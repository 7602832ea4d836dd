import type { Language } from "../language.js";
import { calleeText } from "./loop-write.js";
import { below, childOf, type Piece } from "./piece.js";
import { isCFamily } from "./rule.js";
import type { Unit } from "./unit.js";

const ASSERTING =
  /(?:^|[._:])(?:\w*assert\w*|invariant|precondition|postcondition|ensure\w*|requireNonNull|panic|unreachable|checkNotNull|checkArgument|checkState)!?$/i;
/** Checking what comes from outside against a schema. */
const PARSING = /[Ss]chema\w*\.(?:parse|safeParse|parseAsync|safeParseAsync)$/;

/** p10-5-assert: how many of its statements state what must hold: assertions, schema checks, guards that throw. */
export function countAssertions(unit: Unit, language: Language): number {
  return unit.own.filter((piece) => isAssertion(piece, language)).length;
}

function isAssertion(piece: Piece, language: Language): boolean {
  if (piece.kind === "assert") return true;
  if (piece.kind === "branch") return !isCFamily(language) && throws(childOf(piece, "then"));
  return piece.kind === "call" && piece.op !== "new" && (isAsserting(piece) || PARSING.test(calleeText(piece)));
}

/** Whether a call states what must hold. */
export function isAsserting(call: Piece): boolean {
  return ASSERTING.test(calleeText(call));
}

function throws(then: Piece | undefined): boolean {
  if (then === undefined) return false;
  const first = below(
    then,
    ({ kind, type }) => kind === "block" || kind === "statement" || type === "statement_list",
  ).find(({ kind, type }) => kind !== "block" && kind !== "statement" && type !== "statement_list");
  return first !== undefined && (/^(?:Throw|throw|raise)/.test(first.type) || isPanic(first));
}

function isPanic(piece: Piece): boolean {
  return piece.kind === "call" && /^panic$/.test(calleeText(piece));
}
