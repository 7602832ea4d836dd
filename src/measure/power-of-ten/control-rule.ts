import type { RuleFinding } from "../file-measure.js";
import { typingPieces } from "./loop/declaration-index.js";
import { aliasesOf } from "./loop/loop-alias.js";
import { type Bound, judgeLoop, sourceOf } from "./loop/loop-bound.js";
import type { LoopCall } from "./loop/loop-call.js";
import type { LoopScope } from "./loop/loop-change.js";
import { type CallEffects, callEffects, type Effects } from "./loop/loop-effect.js";
import { findHiddenLoops } from "./loop/loop-hidden.js";
import { findJumpLoops } from "./loop/loop-jump.js";
import { SELVES } from "./loop/loop-name.js";
import { declarationsOf, MAX_DECLARED_CHARS, MAX_TYPE_CHARS, mayStream } from "./loop/loop-stream.js";
import { judgeTypes } from "./loop/loop-type.js";
import { calleeText, targetOf } from "./loop/loop-write.js";
import { aliasedIn } from "./loop/loop-writes.js";
import type { SaidTypes } from "./loop/said-type.js";
import { below, childOf, foundAt, type Piece } from "./piece.js";
import { finding, isCFamily, type RuleContext } from "./rule.js";
import type { Unit } from "./unit.js";

const LABELS: ReadonlySet<string> = new Set(["label_name", "label", "loop_label", "lifetime"]);
const LONG_JUMP = /^(?:std::|::)?(?:_|sig|__sig|__builtin_)?(?:set|long)jmp$|^(?:get|set|make|swap)context$/;

/** p10-1-jump: `goto`, `setjmp`, and leaving a loop by its label. */
export function findJumps(unit: Unit, context: RuleContext): RuleFinding[] {
  const inC = isCFamily(context.language);
  const entered = inC ? enteredLoops(unit.own) : NONE;
  return foundAt(unit.own, (piece) => {
    const message = jumpMessage(piece) ?? (entered.has(piece) ? "jumps into a loop by a case" : undefined);
    if (message !== undefined) return finding(context, piece, { rule: "p10-1-jump", verdict: "fail", message });
    if (!inC || !isHandedJump(piece, unit)) return undefined;
    return finding(context, piece, { rule: "p10-1-jump", verdict: "unknown", message: `hands on ${piece.name}` });
  });
}

const NONE: ReadonlySet<Piece> = new Set();

/** Loops with a `case` within them that their `switch` is around. */
function enteredLoops(own: readonly Piece[]): Set<Piece> {
  const entered = new Set<Piece>();
  const open: Piece[] = [];
  for (const piece of own) {
    while ((open.at(-1)?.end ?? Number.POSITIVE_INFINITY) <= piece.start) open.pop();
    if (piece.type === "case_statement") enterLoops(open, entered);
    if (piece.kind === "loop" || piece.type === "switch_statement") open.push(piece);
  }
  return entered;
}

/** What is around a loop that was entered before was entered with it. */
function enterLoops(open: readonly Piece[], entered: Set<Piece>): void {
  for (let at = open.length - 1; at >= 0; at -= 1) {
    const piece = open[at] as Piece;
    if (piece.kind !== "loop" || entered.has(piece)) return;
    entered.add(piece);
  }
}

function isHandedJump({ kind, type, name, role }: Piece, { locals }: Unit): boolean {
  const isUse = kind === "name" && type === "identifier" && role !== "callee" && role !== "declarator";
  return isUse && LONG_JUMP.test(name) && !locals.has(name);
}

function jumpMessage(piece: Piece): string | undefined {
  if (piece.kind === "jump") return "jumps by goto";
  if (piece.kind === "call") {
    const callee = calleeText(piece);
    return LONG_JUMP.test(callee) ? `jumps by ${callee}` : undefined;
  }
  return isLabelled(piece) ? "jumps to a label" : undefined;
}

const LEAVING: ReadonlySet<string> = new Set(["b", "c", "B", "C"]);

/** A `break` or `continue` that names a loop; Java's label is its only child. */
function isLabelled(piece: Piece): boolean {
  if (!LEAVING.has(piece.type.charAt(0)) || !/^(?:break|continue)/i.test(piece.type)) return false;
  const plain = piece.type.endsWith("statement") ? "name" : "";
  return piece.children.some((child) => child.role === "label" || LABELS.has(child.type) || child.kind === plain);
}

/** p10-2-loop-bound. In C and C++ no comment stands for a bound. */
export function findUnboundedLoops(unit: Unit, context: LoopContext): RuleFinding[] {
  const isStream = (source: Piece): boolean => mayStream(source, unit, context);
  const hidden = findHiddenLoops(unit, { ...context, isStream });
  const loops = unit.own.filter(({ kind }) => kind === "loop" || kind === "each");
  const jumps = unit.own.some((piece) => piece.kind === "jump" || isJumpCall(piece));
  if (loops.length === 0 && !jumps) return hidden;
  const scope = scopeOf(unit, context);
  const found = loops.flatMap((loop) => judged(loop, unit, scope, context));
  return [...found, ...findJumpLoops(unit.own, scope, context), ...hidden];
}

function judged(loop: Piece, unit: Unit, scope: LoopScope, context: LoopContext): RuleFinding[] {
  if (!isCFamily(context.language) && context.stated.has(loop.start)) return [];
  const bound = judgeLoop(loop, context.effort, scope);
  const verdict = bound === "pass" ? judgeDeclared(loop, unit, scope, context) : bound;
  if (verdict === "pass") return [];
  return [finding(context, loop, { rule: "p10-2-loop-bound", verdict, message: LOOP_MESSAGES[verdict] })];
}

function isJumpCall(piece: Piece): boolean {
  return piece.kind === "call" && LONG_JUMP.test(calleeText(piece));
}

function scopeOf(unit: Unit, { globals, language, text, effects }: LoopContext): LoopScope {
  const aliased = aliasedIn(aliasedNames(unit), globals, unit.locals);
  const isFixed = (name: string): boolean => {
    const declared = declarationsOf(name, unit, text).filter((one) => !one.startsWith("("));
    return declared.length > 0 && declared.every((one) => FIXED.test(one));
  };
  const isField = (name: string): boolean =>
    (language === "cpp" || language === "java") &&
    /^[a-z_]\w*$/.test(name) &&
    !isBound(name, unit) &&
    !SELVES.has(name);
  const known = new Map<LoopCall, CallEffects>();
  const effectsOf: LoopScope["effectsOf"] = (call) => {
    const found = known.get(call) ?? callEffects(call, effects(), language);
    known.set(call, found);
    return found;
  };
  return { language, aliased, isFixed, aliases: aliasesOf(unit.own, language), effectsOf, isField, parts: new Map() };
}

/** Whether a function or one around it binds a name. */
function isBound(name: string, unit: Unit): boolean {
  for (let at: Unit | null = unit; at !== null && at.parent !== null; at = at.parent)
    if (at.locals.has(name)) return true;
  return false;
}

/** Declarations of what stays as it is wherever it is handed: `const`, `readonly`, texts, slices, what is borrowed. */
const FIXED =
  /^const\b|^[\w$]+\??:\s*(?:readonly\b|Readonly\w+<|(?:string|number)\b(?!\s*\[))|^String\b|^\w+(?:, ?\w+)*\s(?:\[\]|string\b)|^\w+:\s*&(?!\s*(?:'\w+\s+)?mut\b)/;

/** What a loop is judged by beside its own text. */
type LoopContext = RuleContext & {
  readonly globals: ReadonlySet<string>;
  readonly hidden: ReadonlyMap<Piece, readonly string[]>;
  readonly effects: () => Effects;
  readonly said: SaidTypes;
};

/** A condition that asks a getter of this file asks a function. */
function asksAccessor(loop: Piece, hidden: LoopContext["hidden"]): boolean {
  const named = gettersOf(hidden);
  if (named.size === 0) return false;
  const asked = below(childOf(loop, "condition") ?? loop, ({ kind }) => kind !== "block").filter(
    ({ kind }) => kind === "member",
  );
  return asked.some(({ name }) => named.has(`get ${/[\w$#]+$/.exec(name)?.[0] ?? ""}`));
}

const getters = new WeakMap<LoopContext["hidden"], ReadonlySet<string>>();

function gettersOf(hidden: LoopContext["hidden"]): ReadonlySet<string> {
  const known = getters.get(hidden) ?? new Set([...hidden.values()].flat().filter((name) => name.startsWith("get ")));
  getters.set(hidden, known);
  return known;
}

/** What the types that a function declares say against a loop that looks bounded. */
function judgeDeclared(loop: Piece, unit: Unit, { parts }: LoopScope, context: LoopContext): Bound {
  if (loop.kind === "each") return mayStream(sourceOf(loop) ?? loop, unit, context) ? "unknown" : "pass";
  if (mayNeverFall(loop, unit, context) || asksAccessor(loop, context.hidden)) return "unknown";
  const declared = (name: string): string => lastDeclared(name, loop, unit, context.text);
  return judgeTypes(loop, { language: context.language, said: context.said, declared, parts });
}

/** How a name was declared last before a loop's body, without more white space than is needed. */
function lastDeclared(name: string, loop: Piece, unit: Unit, text: string): string {
  const body = childOf(loop, "body") ?? loop;
  const limit = Math.max(body.start, loop.start + 1);
  const last = typingPieces(name, unit).findLast(({ start }) => start < limit);
  return last === undefined ? "" : text.slice(last.start, last.start + MAX_DECLARED_CHARS).replace(/\s+/g, " ");
}

/** In C and C++ `i >= 0` always holds where `i` is unsigned, which a type that the text does not show may be. */
function mayNeverFall(loop: Piece, unit: Unit, { language, text }: RuleContext): boolean {
  if (!isCFamily(language)) return false;
  const { start, end } = childOf(loop, "condition") ?? { start: 0, end: 0 };
  const name = /(?:^|\W)(\w+)\s*>=\s*0\s*\)?$/.exec(text.slice(start, end))?.[1];
  if (name === undefined) return false;
  const types = declarationsOf(name, unit, text).map((declared) => declared.slice(0, MAX_TYPE_CHARS));
  return types.length === 0 || !types.every((type) => SIGNED.test(type) && !UNSIGNED.test(type));
}

const SIGNED = /^\W*(?:\w+\s+){0,3}?(?:int|long|short|char|float|double|signed|ssize_t|ptrdiff_t|off_t|int\d+_t)\b/;
const UNSIGNED = /^\W*(?:\w+\s+){0,3}?(?:unsigned|u?char|size_t|uint\w*)\b/;

/** Variables of a function that something else can set: their address is taken, or a function within sets them. */
function aliasedNames({ own }: Unit): Set<string> {
  const inner = own.filter(({ kind }, index) => kind === "function" && index > 0);
  const written = inner
    .flatMap((piece) => below(piece))
    .filter(({ kind }) => kind === "assign" || kind === "step")
    .map(targetOf);
  const addressed = own
    .filter(({ type, op }) => op === "&" && ADDRESSING.test(type))
    .flatMap(({ children }) => children.map(({ name }) => name));
  return new Set([...written, ...addressed].filter((name) => name !== ""));
}

const ADDRESSING = /^(?:pointer|unary|reference)_expression$/;

const LOOP_MESSAGES = {
  fail: "loop without a bound: nothing it counts ends it",
  unknown: "loop whose bound cannot be told from its text",
} as const;

/**
 * p10-6-scope: what a function sets that is not its own nor that of functions around it. In C++ and Java a plain name
 * may be a member, so there it must be a variable of the file: `globals`.
 */
export function findGlobalWrites(unit: Unit, globals: ReadonlySet<string>, context: RuleContext): RuleFinding[] {
  const seen = new Set<string>();
  if (unit.parent === null) return [];
  return foundAt(unit.own, (piece) => {
    const name = writtenName(piece) ?? "";
    if (seen.has(name) || !(globals.has(name) || isOutside(name, context))) return undefined;
    if (isLocal(unit, name, piece)) return undefined;
    seen.add(name);
    return finding(context, piece, {
      rule: "p10-6-scope",
      verdict: "fail",
      message: `sets the global variable ${name}`,
    });
  });
}

const NO_MEMBERS: ReadonlySet<string> = new Set(["c", "go", "python", "typescript", "tsx", "javascript"]);
/** Names that are no variable of a file: the object itself, what a module gives, what Go throws away. */
const OWN_WORDS = /^(?:this|self|cls|super|exports|module|_|)$/;

function isOutside(name: string, { language }: RuleContext): boolean {
  return NO_MEMBERS.has(language) && !OWN_WORDS.test(name);
}

function writtenName(piece: Piece): string | undefined {
  if (piece.type === "global_statement") return piece.children[0]?.name;
  if (piece.kind !== "assign" && piece.kind !== "step") return undefined;
  return /^[\w$]+/.exec(targetOf(piece))?.[0];
}

const inner = new WeakMap<Unit, ReadonlySet<string>>();

/** Functions and classes within a function are its own. */
function innerNames(unit: Unit): ReadonlySet<string> {
  const holding = ({ kind }: Piece): boolean => kind === "function" || kind === "class";
  const named = (): Piece[] => unit.own.filter(holding).flatMap(({ children }) => children);
  const known = inner.get(unit) ?? new Set(named().flatMap(({ role, name }) => (NAMING.has(role) ? [name] : [])));
  inner.set(unit, known);
  return known;
}

const NAMING: ReadonlySet<string> = new Set(["id", "name"]);

/** What a function of Python declares `global` is none of its own. */
function isLocal(unit: Unit, name: string, piece: Piece): boolean {
  if (piece.type === "global_statement") return false;
  for (let at: Unit | null = unit; at !== null && at.parent !== null; at = at.parent)
    if (at.locals.has(name) || innerNames(at).has(name)) return true;
  return false;
}
