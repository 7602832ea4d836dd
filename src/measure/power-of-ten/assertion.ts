import type { Language } from "../language.js";
import { calleeText } from "./loop/loop-write.js";
import { below, childOf, type Piece, unwrap } from "./piece.js";
import { isCFamily } from "./rule.js";
import type { Unit } from "./unit.js";

/** What a call's word says (`ledWord`) that states what must hold. */
const ASSERTING =
  /assert|_ensure|_(?:invariant|precondition|postcondition|requireNonNull|checkNotNull|checkArgument|checkState|g_return_(?:val_)?if_fail|(?:BUG|WARN)_ON(?:_ONCE)?)$/i;
/** What a call's word says if its place is never reached, whatever it is given to print. */
const NEVER = /panic$|_(?:unreachable|unimplemented)$/i;
const NEVER_OF_SCRIPTS = /(?:^|[._:])assert\.fail!?$/i;
const NEVER_OF_C = /^(?:std::|::)?(?:abort|terminate|BUG|__builtin_trap)$/;
/** Checking what comes from outside against a schema. */
const PARSING = /(?<!\w)(\w+)\.(?:parse|safeParse|parseAsync|safeParseAsync)$/;

/** p10-5-assert: how many of its statements state what must hold: assertions, schema checks, guards that throw. */
export function countAssertions(unit: Unit, language: Language): number {
  const asserted = unit.own.filter((piece) => isAssertion(piece, language)).length;
  return isCFamily(language) ? asserted : asserted + countGuards(unit);
}

function isAssertion(piece: Piece, language: Language): boolean {
  if (piece.kind === "assert") return piece.type !== "static_assert_declaration" && !isSettled(piece);
  return piece.kind === "call" && (isNever(calleeText(piece), language) || isAssertingCall(piece));
}

function isAssertingCall(call: Piece): boolean {
  return call.op !== "new" && !isSettled(call) && (isAsserting(call) || isParsing(call));
}

function isParsing(call: Piece): boolean {
  return /[Ss]chema/.test(PARSING.exec(calleeText(call))?.[1] ?? "");
}

function isNever(callee: string, language: Language): boolean {
  if (NEVER.test(ledWord(callee)) || NEVER_OF_SCRIPTS.test(callee)) return true;
  return isCFamily(language) && NEVER_OF_C.test(callee);
}

/** What is thrown, but where it is only handed on, or where nothing is asked. */
function countGuards({ own }: Unit): number {
  const thrown = own.filter(({ type }) => THROWS.has(type));
  if (thrown.length === 0) return 0;
  const others = new Set(own.flatMap((piece) => (HANDLERS.has(piece.type) ? statementsOf(piece) : settledBy(piece))));
  return thrown.filter((piece) => !others.has(piece)).length;
}

const THROWS: ReadonlySet<string> = new Set(["ThrowStatement", "throw_statement", "raise_statement"]);
const HANDLERS: ReadonlySet<string> = new Set(["CatchClause", "catch_clause", "except_clause"]);

/** What stands in a handler itself, under no further condition. */
function statementsOf(handler: Piece): Piece[] {
  return handler.children.filter(({ kind }) => kind === "block").flatMap(({ children }) => children);
}

/** What stands under a condition that never changes. */
function settledBy(piece: Piece): Piece[] {
  const condition = piece.kind === "branch" ? childOf(piece, "condition") : undefined;
  if (condition === undefined) return [];
  const asked = unwrap(condition);
  return NEVER_ASKED.test(asked.name) || CONSTANT.test(asked.name) || isTwice(asked) ? below(piece) : [];
}

const NEVER_ASKED = /^(?:false|False|0|null|None)$/;

/** What holds, or not, whatever happens asserts nothing: a constant, a thing compared with itself, what a compiler looks at. */
function isSettled(piece: Piece): boolean {
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
  return ASSERTING.test(ledWord(calleeText(call)));
}

/**
 * The word a callee ends with, a `_` before it: all of it behind a dot or a colon, else what follows its first `_`. Taken by
 * itself, as one expression for both tries a name of a million characters from each of them.
 */
function ledWord(callee: string): string {
  const found = /(?<!\w)(\w+)!?$/.exec(callee);
  const word = found?.[1] ?? "";
  if (found === null || found.index === 0 || /[.:]/.test(callee.charAt(found.index - 1))) return `_${word}`;
  return word.includes("_") ? word.slice(word.indexOf("_")) : "";
}
