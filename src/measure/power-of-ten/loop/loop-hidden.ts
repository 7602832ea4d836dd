import type { RuleFinding } from "../../file-measure.js";
import { isEcmaScript, type Language } from "../../language.js";
import { below, childOf, foundAt, type Piece, unwrap } from "../piece.js";
import { finding, isCFamily, type RuleContext } from "../rule.js";
import type { Unit } from "../unit.js";
import { GROWING, methodOf } from "./loop-call.js";
import { argumentsOf, givenBy } from "./loop-source.js";
import { calleeText } from "./loop-write.js";

type HiddenContext = RuleContext & {
  /** Whether a name is declared as something that may give without an end. */
  readonly isStream: (source: Piece) => boolean;
};

/**
 * p10-2-loop-bound where no word says loop: spread, `list(…)`, `collect()`, streams, timers that come again. What a
 * generator yields that is handed to a call is for that call to end. In C and C++ only calls are such loops.
 */
export function findHiddenLoops(unit: Unit, context: HiddenContext): RuleFinding[] {
  const lines = new Set<number>();
  const inC = isCFamily(context.language);
  return foundAt(unit.own, (piece) => {
    const isPassed = inC ? piece.kind !== "call" : piece.kind === "statement" && unit.piece.role === "argument";
    const message = isPassed ? undefined : messageFor(piece, unit, context);
    if (message === undefined || isStated(piece, unit, context)) return undefined;
    const found = finding(context, piece, { rule: "p10-2-loop-bound", verdict: "unknown", message });
    if (lines.has(found.line)) return undefined;
    lines.add(found.line);
    return found;
  });
}

function isStated(piece: Piece, { own }: Unit, { stated, language }: HiddenContext): boolean {
  if (stated.size === 0 || isCFamily(language)) return false;
  return own.some(({ start, end }) => stated.has(start) && start <= piece.start && piece.end <= end);
}

function messageFor(piece: Piece, unit: Unit, context: HiddenContext): string | undefined {
  if (comesAgain(piece, unit, context.language)) return "runs again and again: how often cannot be told from its text";
  const given = goneThrough(piece, context);
  const isOpen = given !== undefined && (givenBy(given) !== "finite" || context.isStream(given));
  if (!isOpen && !growsItself(piece) && !readsOn(piece, unit, context)) return undefined;
  return "goes through all that is given: its end cannot be told from its text";
}

/** What a piece goes through to its end. */
function goneThrough(piece: Piece, { language, text }: HiddenContext): Piece | undefined {
  if (isEcmaScript(language)) return spreadOf(piece, text);
  if (language === "python") return gatheredOf(piece, text);
  if (language === "rust") return consumedOf(piece);
  return undefined;
}

function spreadOf(piece: Piece, text: string): Piece | undefined {
  if (piece.kind === "call") return collectedOf(piece);
  if (piece.type === "SpreadElement") return piece.role === "properties" ? undefined : piece.children[0];
  if (piece.kind === "statement") return delegatedBy(piece.children[0], text);
  return restOf(piece);
}

/** `const [a, ...rest] = all`. */
function restOf(piece: Piece): Piece | undefined {
  const pattern = childOf(piece, "id") ?? childOf(piece, "left");
  const takesRest = pattern?.children.some(({ type }) => REST.has(type)) === true && pattern.type !== "ObjectPattern";
  return takesRest ? (childOf(piece, "init") ?? childOf(piece, "right")) : undefined;
}

const REST: ReadonlySet<string> = new Set(["RestElement", "list_splat_pattern"]);

/** `yield* all` hands on all of it; where its result is used it waits for something instead. */
function delegatedBy(piece: Piece | undefined, text: string): Piece | undefined {
  const isDelegate = piece?.type === "YieldExpression" && /^yield\s*\*/.test(headOf(piece, text));
  return isDelegate ? piece.children[0] : undefined;
}

const COLLECTING = /^(?:Array\.from|Array\.fromAsync|Object\.fromEntries|Set|Map|WeakSet|WeakMap)$/;
/** Methods of iterators that go through all of them. */
const CONSUMING = /\.(?:forEach|toArray|reduce)$/;

/** The first argument of `Array.from`, or the iterator that a method goes through. */
function collectedOf(call: Piece): Piece | undefined {
  const callee = calleeText(call);
  if (COLLECTING.test(callee)) return callee.endsWith("Async") ? call : argumentsOf(call)[0];
  const on = CONSUMING.test(callee) ? childOf(call, "callee")?.children[0] : undefined;
  const isPlain = on !== undefined && unwrap(on).kind === "name";
  return isPlain || callee.endsWith(".toArray") ? on : undefined;
}

const GATHERING = /^(?:list|tuple|set|frozenset|sorted|sum|min|max|any|all|dict)$|\.join$/;

function gatheredOf(piece: Piece, text: string): Piece | undefined {
  if (piece.kind === "call") return GATHERING.test(calleeText(piece)) ? soleArgument(piece) : undefined;
  if (piece.type === "list_splat") return piece.children[0];
  if (piece.type === "yield") return /^yield\s+from\b/.test(headOf(piece, text)) ? piece.children[0] : undefined;
  return restOf(piece);
}

function headOf({ start }: Piece, text: string): string {
  return text.slice(start, start + MAX_HEAD_CHARS);
}

/** Of a piece's text, what is looked at for its first words (UTF-16 units). */
const MAX_HEAD_CHARS = 40;

/** `max(a, b)` goes through nothing. */
function soleArgument(call: Piece): Piece | undefined {
  const given = argumentsOf(call).filter(({ type }) => type !== "keyword_argument");
  return given.length === 1 && given[0]?.kind === "call" ? given[0] : undefined;
}

const ENDING = /\.(?:collect|sum|product|for_each|count|last|fold|min|max|partition|unzip|min_by_key|max_by_key)$/;

/** In Rust what ends a chain goes through it, and `extend` through what it is given. */
function consumedOf(piece: Piece): Piece | undefined {
  if (piece.kind !== "call") return undefined;
  const callee = unwrap(childOf(piece, "callee") ?? piece);
  if (callee.name.endsWith(".extend")) return argumentsOf(piece)[0];
  const on = ENDING.test(callee.name) ? callee.children[0] : undefined;
  return on !== undefined && (hasOpenRoot(on) || unwrap(on).kind === "name") ? on : undefined;
}

/** Whether a chain starts with something that may have no end; what other functions give is taken to have one. */
function hasOpenRoot(chain: Piece): boolean {
  const outer = unwrap(chain);
  const isChain = outer.kind === "call" || outer.type === "range_expression";
  return isChain && givenBy({ ...outer, role: "" }) !== "finite" && below(outer).some(isOpenRoot);
}

function isOpenRoot({ type, name }: Piece): boolean {
  return (
    type === "range_expression" ||
    /(?:^|::|\.)(?:repeat|repeat_with|from_fn|successors|cycle|stdin|BufReader|from_reader)$/.test(name)
  );
}

const TIMERS = /(?:^|\.)(?:setTimeout|setImmediate|queueMicrotask|nextTick|requestAnimationFrame)$/;

/** An interval, or a timer that a function sets for itself. */
function comesAgain(piece: Piece, unit: Unit, language: Language): boolean {
  if (!isEcmaScript(language) || piece.kind !== "call") return false;
  const callee = calleeText(piece);
  return /(?:^|\.)setInterval$/.test(callee) || (TIMERS.test(callee) && setsItself(piece, unit));
}

function setsItself(timer: Piece, { piece: around, parent }: Unit): boolean {
  const own = parent === null ? "" : (childOf(around, "id")?.name ?? "");
  const [run] = argumentsOf(timer);
  if (run === undefined || own === "") return false;
  return run.kind === "function" ? below(run).some((one) => calls(one, own)) : run.name === own;
}

function calls(piece: Piece, name: string): boolean {
  return piece.kind === "call" && calleeText(piece) === name;
}

/** `set.forEach((x) => set.add(y))`: what is added to a set or a map is gone through as well. */
function growsItself(piece: Piece): boolean {
  if (piece.kind !== "call" || !calleeText(piece).endsWith(".forEach")) return false;
  const { owner } = methodOf(calleeText(piece));
  const grown = argumentsOf(piece)
    .flatMap((run) => below(run))
    .filter(({ kind }) => kind === "call")
    .map((call) => methodOf(calleeText(call)));
  return grown.some((one) => one.owner === owner && /\.(?:add|set|put)$/.test(one.method) && GROWING.test(one.method));
}

const LIMITED = /^(?:limit|takeWhile|findFirst|findAny|anyMatch|iterator)$/;

/** Java's streams without an end, iterators that are gone through, C++'s iterators of streams. */
function readsOn(piece: Piece, unit: Unit, { language, text }: HiddenContext): boolean {
  if (piece.kind !== "call") return false;
  if (language === "java") return goesOn(piece, unit);
  const start = language === "cpp" ? text.slice(piece.start, piece.start + 30) : "";
  return argumentsOf(piece).length > 0 && /^(?:std::)?istream(?:buf)?_iterator\b/.test(start);
}

function goesOn(call: Piece, unit: Unit): boolean {
  if (childOf(call, "callee")?.name === "forEachRemaining") return true;
  if (!givesOn(calleeText(call), argumentsOf(call).length)) return false;
  return (limitsOf(unit).get(call.start) ?? 0) <= call.end;
}

const limits = new WeakMap<Unit, ReadonlyMap<number, number>>();

/** Ends of the calls that limit a stream, by where the stream begins. */
function limitsOf(unit: Unit): ReadonlyMap<number, number> {
  const known = limits.get(unit);
  if (known !== undefined) return known;
  const ends = new Map<number, number>();
  for (const one of unit.own)
    if (LIMITED.test(childOf(one, "callee")?.name ?? ""))
      ends.set(one.start, Math.max(one.end, ends.get(one.start) ?? 0));
  limits.set(unit, ends);
  return ends;
}

function givesOn(callee: string, given: number): boolean {
  if (/(?:^|\.)(?:Int|Long|Double)?Stream\.generate$/.test(callee)) return true;
  if (/(?:^|\.)(?:Int|Long|Double)?Stream\.iterate$/.test(callee)) return given < 3;
  return /(?:^|\.)(?:ints|longs|doubles)$/.test(callee) && given !== 1 && given !== 3;
}
