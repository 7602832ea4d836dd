import type { Language } from "../../language.js";
import { boundNames, childOf, type Piece, unwrap } from "../piece.js";
import type { Aliases } from "./loop-alias.js";
import type { EffectKind } from "./loop-effect.js";
import { fieldOf, ownersOf, SELVES } from "./loop-name.js";
import type { Changing, LoopPart, LoopParts } from "./loop-part.js";
import { everyRound } from "./loop-round.js";
import { argumentsOf } from "./loop-source.js";
import { calleeText, SET, type Write } from "./loop-write.js";
import { addWrite, type LoopWrites, type NameSet, writesWith } from "./loop-writes.js";

/** What the function around a loop tells of its names. */
export interface LoopScope {
  readonly language: Language;
  /** Variables that something beside the loop's own statements may set. */
  readonly aliased: NameSet;
  /** Whether what a name holds stays as it is whatever it is handed to, as it is declared. */
  readonly isFixed: (name: string) => boolean;
  readonly aliases: Aliases;
  /** What each function of the file that a call may mean changes, by the caller's names. */
  readonly effectsOf: (call: LoopCall) => readonly { readonly changes: readonly [name: string, kind: EffectKind][] }[];
  /** Whether a plain name may be a field of the object (C++, Java). */
  readonly isField: (name: string) => boolean;
  /** What was read of its loops. */
  readonly parts: LoopParts;
}

/** What a loop does to variables, by their text. */
export interface LoopChanges {
  readonly writes: LoopWrites;
  /** Lists the loop takes from in every round. */
  readonly shrinks: ReadonlySet<string>;
  /** Lists the loop adds to. */
  readonly grows: ReadonlySet<string>;
  /** What the loop hands to a call that may change what it holds. */
  readonly handed: ReadonlySet<string>;
  /** What the loop calls methods of that may change what it holds. */
  readonly asked: ReadonlySet<string>;
  readonly scope: LoopScope;
  /** Asks only what the loop's own statements do: what others may do besides does not make it endless. */
  readonly lenient?: boolean;
}

const SHRINKING = /\.(?:pop|shift|popleft|poll|remove|pop_front|pop_back)$/;
/** Methods that add to what they are called on. */
export const GROWING =
  /\.(?:push|unshift|append|appendleft|add|addAll|addLast|addFirst|offer|offerLast|offerFirst|extend|push_back|push_front|emplace\w*|insert|splice|set|put|putAll|resize)$/;
/** Calls that leave what they are given as it is: the languages' own, that read, copy, keep or print it. */
const READING =
  /^(?:Math|JSON|Object(?=\.(?:keys|values|entries|freeze|is\w*|getOwn\w+|hasOwn)$)|Number|String|Boolean|Array|Promise|console|Set|Map|WeakSet|WeakMap|[sf]?n?printf|fputs|puts|strn?(?:case)?cmp|strn?len|str(?:r?chr|str|c?spn)|mem(?:cmp|chr)|assert|is\w*|to(?:upper|lower)|sizeof|ARRAY_SIZE|len|cap|print|println|repr|str|int|float|bool|sorted|enumerate|zip|range|reversed|min|max|sum|any|all|list|tuple|set|dict|iter|id|hash|type|append|copy|delete|make|fmt|strings|strconv|errors|sort)(?:\.\w+)?$/;
/** Methods of collections and texts that the languages have: what they are called on gets no longer by them. */
const PLAIN_METHOD =
  /\.(?:push\w*|unshift|concat|includes|indexOf|lastIndexOf|has|get|set|add\w*|at|slice|substr\w*|substring|char\w*|code\w*|starts[wW]ith|ends[wW]ith|join|equals|contains\w*|count|find\w*|keys|values|entries|items|length|size|empty|isEmpty|is_empty|begin|c?end|len|capacity|front|back|first|last|peek|pop\w*|shift|poll\w*|remove\w*|delete|forEach|map|filter|some|every|reduce\w*|sort\w*|reverse\w*|fill|split\w*|trim\w*|replace\w*|match\w*|test|to[A-Z]\w*|append|extend|iter\w*|clone|data|c_str|hash\w*|put|clear|erase|copy|upper|lower|strip|format)$/;

type Found = { writes: Map<string, Write[]> } & Record<"shrinks" | "grows" | "handed" | "asked", Set<string>>;

/** Collects what a loop changes; `parts` are all of the loop's. What is `aliased`, a call of the loop may set. */
export function loopChanges(loop: Piece, parts: readonly LoopPart[], scope: LoopScope): LoopChanges {
  const always = everyRound(loop, scope.parts);
  const keys = headerNames(loop);
  const found: Found = {
    writes: new Map(),
    shrinks: new Set(),
    grows: new Set(),
    handed: new Set(),
    asked: new Set(),
  };
  let isOpen = false;
  for (const { changing } of parts)
    for (const one of changing) {
      noteChanging(found, one, { always: always.has(one.piece), keys, scope });
      isOpen ||= one.piece.kind === "call" || fieldOf(writtenIn(one)) === "*";
    }
  found.asked.delete("");
  found.grows.delete("");
  return { ...found, writes: writesWith(found.writes, isOpen ? scope.aliased : undefined), scope };
}

function noteChanging(found: Found, changing: Changing, round: Round): void {
  const { piece, writes } = changing;
  const { always, keys, scope } = round;
  for (const [name, move] of writes)
    noteChange(found, name, { ...move, always, declares: piece.kind === "bind" }, scope);
  if (piece.kind === "call") noteCall(found, piece, round);
  if (piece.kind === "assign") noteGrown(found, grownBy(changing, keys), scope);
}

function writtenIn({ writes }: Changing): string {
  return writes[0]?.[0] ?? "";
}

/** A write, and what it is one of under other names; what is set anew under another name stays what it was. */
function noteChange(
  { writes }: Found,
  name: string,
  write: Write & { readonly declares?: boolean },
  scope: LoopScope,
): void {
  const { aliases } = scope;
  addWrite(writes, name, write);
  const reference = aliases.references.get(name);
  if (reference !== undefined && !write.declares) addWrite(writes, reference, { ...SET, always: false });
  if (ownersOf(name).length > 0)
    for (const other of aliases.also(name)) addWrite(writes, other, { ...SET, always: false });
}

/** The names of a loop's head: what is set by one of them was there before. */
function headerNames(loop: Piece): ReadonlySet<string> {
  const head = loop.children.filter(({ role }) => role !== "body" && role !== "iterable");
  return new Set(head.flatMap((child) => boundNames(child)));
}

/** `list[i] = x`, `list.length += 1` and `list += more` of Python may make the list longer. */
function grownBy(assign: Changing, keys: ReadonlySet<string>): string {
  const written = writtenIn(assign);
  const { type, op } = assign.piece;
  if (type === "augmented_assignment" && op === "+=") return written;
  const [, owner = "", index = ""] = /^(.+?)(?:\[(.*)\]|\.length)$/.exec(written) ?? [];
  return keys.has(index) ? "" : owner;
}

interface Round {
  readonly always: boolean;
  readonly keys: ReadonlySet<string>;
  readonly scope: LoopScope;
}

function noteCall(found: Found, piece: Piece, round: Round): void {
  const { always, scope } = round;
  const call = callOf(piece);
  if (always && SHRINKING.test(call.method)) found.shrinks.add(call.owner);
  noteGrown(found, grownByCall(piece, call, round), scope);
  const effects = noteEffects(found, call, scope);
  if (call.isHarmless || (effects > 0 && isOfItself(call))) return;
  for (const name of askedBy(call, effects, scope)) found.asked.add(name);
  for (const name of call.handed.filter((each) => !scope.isFixed(each))) noteHanded(found, name, scope);
}

/** The list that a call adds to: by a method, by one that is bound to it, or by one that is not known. */
function grownByCall(piece: Piece, { owner, method, callee }: LoopCall, { keys, scope }: Round): string {
  const isGrown = GROWING.test(method) || isComputed(piece, keys);
  return isGrown ? owner : (scope.aliases.grownBy.get(callee) ?? "");
}

/** What a call asks to do something unknown; in C++ and Java a plain call may be of a method. */
function askedBy({ owner }: LoopCall, effects: number, { aliases, language }: LoopScope): string[] {
  if (owner !== "") return [owner, ...aliases.also(owner)];
  return effects === 0 && IMPLICIT.has(language) ? ["this"] : [];
}

function isOfItself({ owner }: LoopCall): boolean {
  return owner === "" || SELVES.has(owner);
}

function noteHanded(found: Found, name: string, { aliases }: LoopScope): void {
  for (const each of [name, ...aliases.also(name)]) found.handed.add(each);
}

/** Languages in which a method is called, and a field named, without what it belongs to. */
export const IMPLICIT: ReadonlySet<Language> = new Set(["cpp", "java"]);

function noteGrown(found: Found, name: string, { aliases }: LoopScope): void {
  for (const each of [name, ...aliases.also(name)]) found.grows.add(each);
}

/** What the functions of the file that a call may mean do; how many there are. */
function noteEffects(found: Found, call: LoopCall, scope: LoopScope): number {
  const effects = scope.effectsOf(call);
  for (const [name, kind] of effects.flatMap(({ changes }) => changes)) NOTES[kind](found, name, scope);
  return effects.length;
}

const NOTES: Readonly<Record<EffectKind, (found: Found, name: string, scope: LoopScope) => void>> = {
  grows: noteGrown,
  handed: noteHanded,
  writes: (found, name, scope) => noteChange(found, name, { ...SET, always: false, maybe: true }, scope),
};

/** A call as what it may change is told from it. */
export interface LoopCall {
  /** What is called, as text. */
  readonly callee: string;
  /** The last word of it. */
  readonly name: string;
  readonly owner: string;
  readonly method: string;
  /** Its arguments in order, as text: a name, a member, `&x`; empty for others. */
  readonly given: readonly string[];
  /** All that it is handed, within lists and objects too. */
  readonly handed: readonly string[];
  /** Whether it is one of the language's own that changes neither what it is given nor what it is called on. */
  readonly isHarmless: boolean;
}

const calls = new WeakMap<Piece, LoopCall>();

/** Reads a call, once: it is asked for by its function and by each loop that it stands in. */
export function callOf(piece: Piece): LoopCall {
  const known = calls.get(piece) ?? readCall(piece);
  calls.set(piece, known);
  return known;
}

function readCall(piece: Piece): LoopCall {
  const callee = calleeText(piece) || (childOf(piece, "callee")?.children[0]?.name ?? "");
  const { owner, method } = methodOf(callee);
  const given = argumentsOf(piece).map(unwrap);
  const name = method === "" ? (/[\w$#]+$/.exec(callee)?.[0] ?? "") : method.slice(1);
  const isHarmless = changesNothing(callee, method);
  return { callee, name, owner, method, given: given.map(givenText), handed: handedTo(given), isHarmless };
}

function changesNothing(callee: string, method: string): boolean {
  return READING.test(callee) || PLAIN_METHOD.test(method);
}

function givenText(piece: Piece): string {
  if (piece.kind === "name" || piece.kind === "member") return piece.name;
  const addressed = isAddress(piece) ? (piece.children.at(-1)?.name ?? "") : "";
  return addressed === "" ? "" : `&${addressed}`;
}

/** What a method is called on, and the method with a dot before it; both empty for a plain call. */
export function methodOf(callee: string): { owner: string; method: string } {
  const found = /(?:(?:\?\.|\.|->)([\w$#]+)|\[(?:["'`](\w+)["'`]|[^\]]*)\])$/.exec(callee);
  if (found === null) return { owner: "", method: "" };
  return { owner: callee.slice(0, found.index), method: `.${found[1] ?? found[2] ?? ""}` };
}

/** `list[what]()` may be any method; `list[i]()` of a counter is what the list holds. */
function isComputed(call: Piece, keys: ReadonlySet<string>): boolean {
  const callee = unwrap(childOf(call, "callee") ?? call);
  return callee.type === "MemberExpression" && callee.op === "[]" && !keys.has(callee.children.at(-1)?.name ?? "");
}

/** The names and members that a call is given. */
function handedTo(given: readonly Piece[]): string[] {
  const open = [...given];
  const names: string[] = [];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (HOLDERS.has(at.type) || isAddress(at)) open.push(...at.children);
    if ((at.kind === "name" && at.role !== "key") || at.kind === "member") names.push(at.name);
  }
  return names;
}

/** `&x`, which hands on `x`; in Rust only `&mut x` lets it be changed. */
function isAddress({ type, op, children }: Piece): boolean {
  if (op !== "&" || !ADDRESSING.has(type)) return false;
  return type !== "reference_expression" || children.some((child) => child.type === "mutable_specifier");
}

const HOLDERS: ReadonlySet<string> = new Set([
  "ObjectExpression",
  "ArrayExpression",
  "Property",
  "list",
  "dictionary",
  "pair",
]);
const ADDRESSING: ReadonlySet<string> = new Set(["pointer_expression", "unary_expression", "reference_expression"]);
