import type { RuleFinding } from "../file-measure.js";
import { isEcmaScript } from "../language.js";
import { calleeText } from "./loop-write.js";
import { childOf, type Piece, unwrap } from "./piece.js";
import { finding, isCFamily, type PowerOfTenRule, type RuleContext } from "./rule.js";
import type { Unit } from "./unit.js";

/** p10-9-pointer: a pointer behind a pointer, a call through one, a computed call. */
export function findPointers(unit: Unit, context: RuleContext): RuleFinding[] {
  const inC = isCFamily(context.language);
  return unit.own.flatMap((piece) => {
    const message = inC ? pointerMessage(piece) : computedMessage(piece);
    return message === undefined ? [] : [fail(context, piece, "p10-9-pointer", message)];
  });
}

function fail(context: RuleContext, piece: Piece, rule: PowerOfTenRule, message: string): RuleFinding {
  return finding(context, piece, { rule, verdict: "fail", message });
}

function computedMessage(piece: Piece): string | undefined {
  if (piece.kind !== "call") return undefined;
  const callee = childOf(piece, "callee");
  const computed = callee?.kind === "member" && callee.type === "MemberExpression" && callee.op === "[]";
  return computed ? `calls what is computed: ${callee.name}` : undefined;
}

function pointerMessage(piece: Piece): string | undefined {
  if (piece.kind === "call") {
    const callee = childOf(piece, "callee");
    const pointer = callee !== undefined && unwrap(callee).type === "pointer_expression";
    return pointer ? "calls through a pointer" : undefined;
  }
  return followsTwice(piece) ? "follows a pointer behind a pointer" : undefined;
}

/** `**p`, `*p->q`, `p->q->r`; of a longer chain each further step counts. */
function followsTwice(piece: Piece): boolean {
  if (!follows(piece)) return false;
  const inner = childOf(piece, "argument");
  return inner !== undefined && follows(unwrap(inner));
}

function follows(piece: Piece): boolean {
  if (piece.type === "pointer_expression") return piece.op.startsWith("*");
  return piece.type === "field_expression" && piece.op === "->";
}

const EVALUATING: ReadonlySet<string> = new Set(["eval", "Function", "exec", "__import__", "importlib.import_module"]);
const TIMERS: ReadonlySet<string> = new Set(["setTimeout", "setInterval"]);

/** p10-8-preproc: code made while it runs; conditional compilation and what macros paste, inside a function. */
export function findGeneratedCode(unit: Unit, context: RuleContext): RuleFinding[] {
  return unit.own.flatMap((piece) => {
    const message = isCFamily(context.language) ? directiveMessage(piece, context) : generatedMessage(piece, context);
    return message === undefined ? [] : [fail(context, piece, "p10-8-preproc", message)];
  });
}

function generatedMessage(piece: Piece, context: RuleContext): string | undefined {
  if (piece.type === "WithStatement") return "with decides names while it runs";
  if (piece.type === "ImportExpression") return isText(piece.children[0]) ? undefined : "imports what a variable names";
  return piece.kind === "call" ? calledMessage(piece, context) : undefined;
}

function calledMessage(call: Piece, context: RuleContext): string | undefined {
  const callee = calleeText(call);
  if (canEvaluate(callee, context)) return `runs text as code: ${callee}`;
  if (!isEcmaScript(context.language)) return undefined;
  const first = childOf(call, "argument");
  if (TIMERS.has(callee) && first?.kind === "literal") return "runs text as code";
  return callee === "require" && isVariable(first) ? "requires what a variable names" : undefined;
}

/** What evaluates text differs between ECMAScript and Python; elsewhere nothing does. */
function canEvaluate(callee: string, { language }: RuleContext): boolean {
  if (!EVALUATING.has(callee)) return false;
  if (language === "python") return callee !== "Function";
  return isEcmaScript(language) && (callee === "eval" || callee === "Function");
}

function isText(piece: Piece | undefined): boolean {
  return piece?.kind === "literal" || (piece?.type === "TemplateLiteral" && piece.children.length === 1);
}

function isVariable(piece: Piece | undefined): boolean {
  return piece !== undefined && !isText(piece);
}

/** What a preprocessor directive does beyond a guard; undefined for other pieces. */
export function directiveMessage(piece: Piece, { text }: Pick<RuleContext, "text">): string | undefined {
  if (/^preproc_(?:if|ifdef)$/.test(piece.type)) return isGuard(piece, text) ? undefined : "compiles conditionally";
  if (piece.type !== "preproc_function_def" && piece.type !== "preproc_def") return undefined;
  const source = text.slice(piece.start, piece.end);
  if (/##/.test(source)) return "a macro pastes tokens";
  return piece.type === "preproc_function_def" && /^[^)]*\.\.\./.test(source)
    ? "a macro takes any number of arguments"
    : undefined;
}

/** `#ifndef X` followed by `#define X`, and `extern "C"` for C++. */
function isGuard(piece: Piece, text: string): boolean {
  const source = text.slice(piece.start, piece.start + MAX_GUARD_CHARS);
  const name = /^#\s*if(?:ndef\s+|\s+!\s*defined\s*\(?\s*)(\w+)/.exec(source)?.[1];
  if (name !== undefined && new RegExp(`#\\s*define\\s+${name}\\b`).test(source)) return true;
  return /^#\s*ifdef\s+__cplusplus\b/.test(source);
}

/** Of a conditional, what is looked at for its guard (UTF-16 units). */
const MAX_GUARD_CHARS = 2_000;
