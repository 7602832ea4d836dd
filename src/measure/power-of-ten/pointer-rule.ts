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
    if (inC && isSubscriptTwice(piece))
      return [unknown(context, piece, "subscripts twice: a pointer may lie behind it")];
    const message = inC ? pointerMessage(piece) : (computedMessage(piece) ?? twiceMessage(piece));
    return message === undefined ? [] : [fail(context, piece, "p10-9-pointer", message)];
  });
}

function unknown(context: RuleContext, piece: Piece, message: string): RuleFinding {
  return finding(context, piece, { rule: "p10-9-pointer", verdict: "unknown", message });
}

/** `a[i][j]` is one array of arrays, or a pointer behind a pointer. */
function isSubscriptTwice(piece: Piece): boolean {
  const inner = piece.type === "subscript_expression" ? childOf(piece, "argument") : undefined;
  return inner !== undefined && unwrap(inner).type === "subscript_expression";
}

/** `**p` in Go and Rust. */
function twiceMessage(piece: Piece): string | undefined {
  const isStar = ({ type, op }: Piece): boolean => type === "unary_expression" && op.startsWith("*");
  const [inner] = piece.children;
  return isStar(piece) && inner !== undefined && isStar(unwrap(inner))
    ? "follows a pointer behind a pointer"
    : undefined;
}

function fail(context: RuleContext, piece: Piece, rule: PowerOfTenRule, message: string): RuleFinding {
  return finding(context, piece, { rule, verdict: "fail", message });
}

function computedMessage(piece: Piece): string | undefined {
  if (piece.kind !== "call") return undefined;
  const callee = unwrap(childOf(piece, "callee") ?? piece);
  const inner = INDIRECT.test(callee.name) && callee.kind === "member" ? callee.children[0] : callee;
  return inner !== undefined && isComputed(unwrap(inner)) ? `calls what is computed: ${callee.name}` : undefined;
}

const INDIRECT = /\.(?:call|apply|bind)$/;
const SUBSCRIPTS: ReadonlySet<string> = new Set(["subscript", "array_access"]);

function isComputed({ type, op }: Piece): boolean {
  return SUBSCRIPTS.has(type) || (type === "MemberExpression" && op === "[]");
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
  let inner = childOf(piece, "argument");
  for (let step = 0; step < MAX_STEPS && inner !== undefined; step += 1) {
    const at = unwrap(inner);
    if (follows(at)) return true;
    inner = STEPPED.has(at.type) ? childOf(at, "argument") : undefined;
  }
  return false;
}

/** What stands between two steps along pointers without being one: `.a`, `[i]`, `++`. */
const STEPPED: ReadonlySet<string> = new Set(["field_expression", "subscript_expression", "update_expression"]);
const MAX_STEPS = 100;

function follows(piece: Piece): boolean {
  if (piece.type === "pointer_expression") return piece.op.startsWith("*");
  return piece.type === "field_expression" && piece.op === "->";
}

const EVALUATING: Readonly<Record<"ecmascript" | "python", RegExp>> = {
  ecmascript:
    /^(?:(?:globalThis|window|self|global)\.)?(?:eval|Function)$|(?:^|\.)(?:runIn(?:This|New)?Context|compileFunction)$|^vm\.Script$/,
  python: /^(?:builtins\.)?(?:eval|exec|compile|__import__)$|^(?:importlib\.)?import_module$|^runpy\.\w+$/,
};
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
  if (piece.kind === "call") return calledMessage(piece, context);
  return isHandedEval(piece) && isEcmaScript(context.language) ? "hands on what runs text as code" : undefined;
}

function isHandedEval({ kind, name, role }: Piece): boolean {
  return kind === "name" && name === "eval" && HANDING.has(role);
}

function calledMessage(call: Piece, context: RuleContext): string | undefined {
  const callee = calleeText(call);
  if (canEvaluate(callee, context)) return `runs text as code: ${callee}`;
  return isEcmaScript(context.language) ? loadedMessage(call, callee) : undefined;
}

function loadedMessage(call: Piece, callee: string): string | undefined {
  const first = childOf(call, "argument");
  if (CONSTRUCTING.test(callee) && call.op !== "new") return `may run text as code: ${callee}`;
  if (TIMERS.has(callee) && first?.kind === "literal") return "runs text as code";
  return REQUIRING.test(callee) && isVariable(first) ? "requires what a variable names" : undefined;
}

/** Where a value is handed on. */
const HANDING: ReadonlySet<string> = new Set(["argument", "right", "init", "target", "expressions", "elements"]);
/** The constructor of functions is reached by that of any function. */
const CONSTRUCTING = /^(?!this\.|super\.).*[\w)]\.constructor$/;
const REQUIRING = /^(?:module\.)?require$/;

/** What evaluates text differs between ECMAScript and Python; elsewhere nothing does. */
function canEvaluate(callee: string, { language }: RuleContext): boolean {
  if (language === "python") return EVALUATING.python.test(callee);
  return isEcmaScript(language) && EVALUATING.ecmascript.test(callee);
}

function isText(piece: Piece | undefined): boolean {
  return piece?.kind === "literal" || (piece?.type === "TemplateLiteral" && piece.children.length === 1);
}

function isVariable(piece: Piece | undefined): boolean {
  return piece !== undefined && !isText(piece);
}

/** What a preprocessor directive does beyond a guard; undefined for other pieces. */
export function directiveMessage(piece: Piece, { text }: Pick<RuleContext, "text">): string | undefined {
  const source = text.slice(piece.start, piece.end);
  return (
    DIRECTIVES[piece.type]?.(piece, text) ??
    (/^preproc_(?:function_)?def$/.test(piece.type) ? macroMessage(piece, source) : undefined)
  );
}

const DIRECTIVES: Readonly<Record<string, (piece: Piece, text: string) => string | undefined>> = {
  preproc_if: (piece, text) => (isGuard(piece, text) ? undefined : "compiles conditionally"),
  preproc_ifdef: (piece, text) => (isGuard(piece, text) ? undefined : "compiles conditionally"),
  preproc_include: (piece) => (isNamed(piece) ? undefined : "includes what a macro names"),
};

function macroMessage(piece: Piece, source: string): string | undefined {
  if (/##/.test(source)) return "a macro pastes tokens";
  if (!isWhole(source)) return "a macro is no complete unit";
  return piece.type === "preproc_function_def" && /^[^)]*\.\.\./.test(source)
    ? "a macro takes any number of arguments"
    : undefined;
}

function isNamed(include: Piece): boolean {
  return include.children.every(({ type }) => type !== "identifier" && type !== "call_expression");
}

/** Whether every bracket of a macro is closed in it, strings and characters aside. */
function isWhole(source: string): boolean {
  const brackets = source.replace(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\/\*.*?\*\//gs, "");
  return ["()", "[]", "{}"].every(
    ([open = "", close = ""]) => brackets.split(open).length === brackets.split(close).length,
  );
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
