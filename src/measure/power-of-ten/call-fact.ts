import { lineAt } from "../line-table.js";
import { isSupplied, namedValue } from "./call-value.js";
import { discarded } from "./discarded.js";
import type { CallFact, CallForm, FunctionFact } from "./fact.js";
import { keptAt } from "./kept-value.js";
import { calleeText } from "./loop/loop-write.js";
import { below, childOf, type Piece, unwrap } from "./piece.js";
import type { RuleContext } from "./rule.js";
import type { Unit } from "./unit.js";

/** Methods that call what they are given before they return. */
const RUNS_NOW =
  /^(?:forEach|map|filter|reduce|reduceRight|some|every|find|findIndex|findLast|findLastIndex|flatMap|sort|toSorted|replace|replaceAll|from)$/;
/** Functions that call what they are given when the stack is empty again. */
const RUNS_LATER =
  /^(?:set(?:Timeout|Interval|Immediate)|queueMicrotask|nextTick|then|catch|finally|on|once|off|(?:add|remove)(?:Event)?Listener|request(?:AnimationFrame|IdleCallback)|Thread|submit|spawn)$/;
const SELVES: ReadonlySet<string> = new Set(["this", "self", "Self", "cls", "static"]);

/** What is called, from the text of the call. */
interface Callee {
  readonly form: CallForm;
  readonly name: string;
  readonly receiver: string;
}

/** The calls of a function, and its inner functions that run while it does. */
export function findCalls(
  unit: Unit,
  { units, imports }: { readonly units: ReadonlyMap<Piece, Unit>; readonly imports: ReadonlyMap<string, unknown> },
  context: RuleContext,
): Pick<FunctionFact, "calls" | "runs"> {
  const ignored = discarded(unit.own);
  const isImported = (receiver: string): boolean => imports.has(receiver);
  const found: Found = { unit, units, calls: [], runs: [], isImported };
  if (isTrap(unit.piece, context))
    found.calls.push({ ...MAYBE, ...TRAP, line: lineAt(context.table, unit.piece.start) });
  for (const piece of unit.own) {
    noteKept(piece, context, found);
    if (piece.kind !== "call") continue;
    const callee = calleeOf(piece, context);
    const line = lineAt(context.table, piece.start);
    const given = countOf(argumentsOf(piece));
    if (callee !== undefined) found.calls.push({ ...callee, given, line, certain: true, ignored: ignored.has(piece) });
    noteArguments(piece, callee, line, found);
  }
  return { calls: found.calls, runs: found.runs.filter(({ index }) => index !== -1) };
}

/** A trap of a proxy runs wherever the proxy is touched. */
function isTrap(piece: Piece, { text }: RuleContext): boolean {
  return TRAPS.test(text.slice(piece.start - MAX_TRAP_CHARS < 0 ? 0 : piece.start - MAX_TRAP_CHARS, piece.start));
}

const TRAPS =
  /\bnew Proxy\s*\([^;]*\b(?:get|set|has|apply|construct|deleteProperty|ownKeys|defineProperty|getPrototypeOf|getOwnPropertyDescriptor)\s*(?::\s*)?$/;
const TRAP = { form: "value", name: "Proxy", receiver: "" } as const;
/** Of what stands before a function, what is looked at for the proxy it is made for (UTF-16 units). */
const MAX_TRAP_CHARS = 400;

/** Functions that are kept to be called some time: assigned, held by what is made, given back, rendered. */
function noteKept(piece: Piece, { table }: RuleContext, found: Found): void {
  if (piece.type === "StaticBlock") noteRun(piece, true, found);
  if (piece.type === "macro_invocation") noteInMacro(piece, lineAt(table, piece.start), found);
  const kept = keptAt(piece);
  if (kept.length === 0) return;
  const line = lineAt(table, piece.start);
  for (const one of kept) noteNamed(one, { line, certain: false }, found);
}

/** Rust's macros are handed text: names before a bracket may be calls. */
function noteInMacro(piece: Piece, line: number, found: Found): void {
  for (const part of below(piece))
    for (const [index, child] of part.children.entries())
      if (part.children[index + 1]?.type === "token_tree" && child.type === "identifier")
        noteNamed({ ...child, kind: "name" }, { line, certain: false }, found);
}

interface Found {
  readonly unit: Unit;
  readonly units: ReadonlyMap<Piece, Unit>;
  readonly calls: CallFact[];
  readonly runs: { index: number; certain: boolean }[];
  /** What a module of its own calls `map` may run later what it is handed. */
  readonly isImported: (receiver: string) => boolean;
}

/** Functions that a call runs because they are handed to it, or are what it calls. */
function noteArguments(call: Piece, callee: Callee | undefined, line: number, found: Found): void {
  const direct = unwrapped(childOf(call, "callee"));
  if (direct !== undefined) noteRun(direct, true, found);
  if (callee !== undefined && RUNS_LATER.test(callee.name)) return;
  const certain = callee !== undefined && runsNow(callee, found);
  for (const argument of argumentsOf(call)) noteHanded({ argument, certain, line }, found);
}

function runsNow({ form, name, receiver }: Callee, { isImported }: Found): boolean {
  return form === "member" && RUNS_NOW.test(name) && !isImported(receiver);
}

function noteRun(piece: Piece, certain: boolean, { units, runs }: Found): void {
  const inner = units.get(piece);
  if (inner !== undefined) runs.push({ index: inner.index, certain });
}

/** A function handed to a call: one written in place, or one that is named. */
function noteHanded({ argument, certain, line }: { argument: Piece; certain: boolean; line: number }, to: Found): void {
  const inner = unwrap(argument);
  noteRun(namedValue(inner), certain, to);
  for (const part of insideOf(inner)) noteRun(part, false, to);
  if (inner.kind === "call" && calleeText(inner).endsWith(".bind"))
    noteNamed(childOf(inner, "callee")?.children[0], { line, certain: false }, to);
  if (inner.type === "keyword_argument") noteNamed(namedValue(inner), { line, certain: false }, to);
  else if (inner.type === "method_reference") noteReference(inner, line, to);
  else noteNamed(inner, { line, certain }, to);
}

/** A function that is named where a value is expected. */
function noteNamed(piece: Piece | undefined, { line, certain }: { line: number; certain: boolean }, to: Found): void {
  if (piece !== undefined) noteMember(piece, line, to);
  const name = piece?.kind === "name" ? piece.name : addressed(piece);
  if (name === "" || to.unit.locals.has(name)) return;
  if (/^[A-Z]/.test(name)) to.calls.push({ ...MAYBE, form: "member", name: "constructor", receiver: name, line });
  to.calls.push({ form: "name", name, receiver: "", given: -1, line, certain, ignored: false });
}

/** A method that is named where a value is expected, bound or not. */
function noteMember(piece: Piece, line: number, to: Found): void {
  if (piece.kind !== "member" && piece.type !== "JSXMemberExpression") return;
  const [object, name] = [piece.children[0], nameOf(piece.children.at(-1))];
  if (object === undefined || name === "") return;
  const receiver = unwrap(object).name;
  to.calls.push({ ...MAYBE, form: SELVES.has(receiver) ? "self" : "member", name, receiver, line });
}

/** A call that may come of a function that is handed on. */
const MAYBE: Omit<CallFact, "form" | "name" | "receiver" | "line"> = { given: -1, certain: false, ignored: false };

/** Java's `this::m`, `A::m`. */
function noteReference({ children }: Piece, line: number, to: Found): void {
  const [owner, method] = [children[0]?.name ?? "", children.at(-1)?.name ?? ""];
  const form = SELVES.has(owner) ? "self" : "member";
  to.calls.push({ form, name: method, receiver: owner, given: -1, line, certain: false, ignored: false });
}

/** What an object or a list written in place holds: its functions may be called as well. */
function insideOf(piece: Piece): Piece[] {
  if (!LITERALS.has(piece.type)) return [];
  return below(piece, ({ kind }) => kind !== "function" && kind !== "call").filter(({ kind }) => kind === "function");
}

const LITERALS: ReadonlySet<string> = new Set(["ObjectExpression", "ArrayExpression", "dictionary", "list"]);

/** `&f` hands on a function in C. */
function addressed(piece: Piece | undefined): string {
  const argument = piece?.type === "pointer_expression" && piece.op === "&" ? childOf(piece, "argument") : undefined;
  return argument?.kind === "name" ? argument.name : "";
}

function unwrapped(piece: Piece | undefined): Piece | undefined {
  return piece === undefined ? undefined : unwrap(piece);
}

function argumentsOf(call: Piece): readonly Piece[] {
  const list = childOf(call, "arguments");
  return list === undefined ? call.children.filter(({ role }) => role === "argument") : list.children;
}

function countOf(given: readonly Piece[]): number {
  return given.some(({ type }) => /splat|spread|keyword/i.test(type)) ? -1 : given.length;
}

function calleeOf(call: Piece, context: RuleContext): Callee | undefined {
  const written = childOf(call, "callee");
  const callee = unwrapped(written);
  if (callee === undefined || callee.kind === "function") return undefined;
  const special = SPECIAL[call.type];
  if (special !== undefined) return special(call, callee, context);
  const isField = written !== callee && context.language === "rust";
  return isField ? valueOf(callee) : plainOrMember(callee, context);
}

function plainOrMember(callee: Piece, context: RuleContext): Callee | undefined {
  if (callee.kind === "name") return callee.name === "super" ? superConstructor() : plainCall(callee.name);
  if (callee.kind === "member") return memberCallee(callee, context);
  return valueOf(callee);
}

/** `super(…)`. */
function superConstructor(): Callee {
  return { form: "member", name: "constructor", receiver: "super" };
}

/** A call of what a value holds, which cannot be followed. */
function valueOf({ name }: Piece): Callee {
  return { form: "value", name, receiver: "" };
}

/** Calls that are written otherwise than by a callee and its arguments. */
const SPECIAL: Readonly<Record<string, (call: Piece, callee: Piece, context: RuleContext) => Callee | undefined>> = {
  macro_invocation: () => undefined,
  new_expression: () => undefined,
  method_invocation: javaCallee,
  NewExpression: (_call, callee) => constructorOf(callee),
  object_creation_expression: (_call, callee) => constructorOf(callee),
  explicit_constructor_invocation: (_call, { name }) => (name === "super" ? superConstructor() : plainCall(name)),
};

function plainCall(name: string): Callee {
  return { form: "name", name, receiver: "" };
}

function constructorOf(callee: Piece): Callee | undefined {
  if (callee.name === "") return undefined;
  if (callee.name === "this.constructor") return valueOf(callee);
  return { form: "member", name: "constructor", receiver: callee.name };
}

function javaCallee(call: Piece, callee: Piece, { text }: RuleContext): Callee | undefined {
  const object = childOf(call, "object");
  if (object === undefined || object.name === "this") return { form: "self", name: callee.name, receiver: "" };
  if (FUNCTIONAL.test(callee.name) || isSupplied(call, callee, text)) return valueOf(callee);
  return { form: "member", name: callee.name, receiver: object.name };
}

/** Methods of Java's functional interfaces and of reflection: what they run was handed to them. */
const FUNCTIONAL = /^(?:run|call|accept|apply|applyAs\w+|test|getAs\w+|invoke|newInstance)$/;

/** `a.b`, `a->b`, `a::b`: in C a call of a member is one through a pointer. */
function memberCallee(callee: Piece, { language }: RuleContext): Callee | undefined {
  const [object, property] = [callee.children[0], callee.children.at(-1)];
  const name = nameOf(property);
  if (callee.name === `::${name}`) return plainCall(name);
  if (object === undefined || language === "c" || name === "" || isIndexed(callee)) return valueOf(callee);
  const receiver = receiverOf(unwrap(object));
  if (isElsewhere(unwrap(object), name)) return valueOf(callee);
  return SELVES.has(receiver) ? { form: "self", name, receiver } : { form: "member", name, receiver };
}

/** Python calls for what is above: `super().m()`. */
function receiverOf(object: Piece): string {
  return object.kind === "call" && calleeText(object) === "super" ? "super" : object.name;
}

/** What a list or a table holds. */
function isIndexed({ type, op, children }: Piece): boolean {
  if (/^(?:subscript|index_expression|subscript_expression|array_access)$/.test(type) || op === "[]") return true;
  return type === "MemberExpression" && /^\d/.test(children.at(-1)?.name ?? "");
}

/** `o[k].call()`, `arguments.callee()`, and what a module gives that is loaded while it runs. */
function isElsewhere(object: Piece, name: string): boolean {
  if (object.name === "arguments") return true;
  if (/^(?:call|apply)$/.test(name) && object.kind === "member" && isIndexed(object)) return true;
  return below(object).some(({ type }) => type === "ImportExpression");
}

function nameOf(property: Piece | undefined): string {
  if (property === undefined) return "";
  if (property.kind === "literal") return property.name.replace(/^["'`]|["'`]$/g, "");
  return property.kind === "name" || property.type === "MemberExpression"
    ? property.name
    : (childOf(property, "name")?.name ?? "");
}
