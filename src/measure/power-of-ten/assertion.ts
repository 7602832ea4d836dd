import type { Language } from "../language.js";
import { calleeText } from "./loop-write.js";
import { below, childOf, type Piece, unwrap } from "./piece.js";
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
  if (isSettled(piece)) return false;
  if (piece.kind === "assert") return piece.type !== "static_assert_declaration";
  if (piece.kind === "branch") return !isCFamily(language) && throws(childOf(piece, "then"));
  return piece.kind === "call" && piece.op !== "new" && (isAsserting(piece) || PARSING.test(calleeText(piece)));
}

/** What holds, or not, whatever happens asserts nothing: a constant, a thing compared with itself, what a compiler looks at. */
function isSettled(piece: Piece): boolean {
  if (piece.kind !== "assert" && piece.kind !== "call") return false;
  if (/^_?[sS]tatic_assert$/.test(calleeText(piece))) return true;
  const given = piece.kind === "assert" ? piece.children[0] : isAsserting(piece) ? givenTo(piece) : undefined;
  return given !== undefined && (CONSTANT.test(unwrap(given).name) || isTwice(unwrap(given)));
}

function givenTo(call: Piece): Piece | undefined {
  return childOf(call, "argument") ?? childOf(call, "arguments")?.children[0] ?? tokensOf(call);
}

/** What a macro of Rust is handed. */
function tokensOf(piece: Piece): Piece | undefined {
  const tokens = piece.children.find(({ type }) => type === "token_tree");
  return tokens?.children.length === 1 ? tokens.children[0] : undefined;
}

const CONSTANT = /^(?:true|True|TRUE|[1-9]\d*|"[^"]*"|'[^']*')$/;

function isTwice({ kind, op, children: [left, right] }: Piece): boolean {
  if (kind !== "compare" || !/^(?:===?|[<>]=)$/.test(op) || left === undefined || right === undefined) return false;
  return left.name !== "" && left.name === right.name;
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
