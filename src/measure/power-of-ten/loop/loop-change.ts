import type { Language } from "../../language.js";
import { boundNames, childOf, type Piece, unwrap } from "../piece.js";
import type { Aliases } from "./loop-alias.js";
import { callOf, GROWING, type LoopCall } from "./loop-call.js";
import type { CallEffects } from "./loop-effect.js";
import { ownersOf, SELVES } from "./loop-name.js";
import type { Changing, LoopPart, LoopParts } from "./loop-part.js";
import { everyRound } from "./loop-round.js";
import { SET, type Write } from "./loop-write.js";
import { addWrite, type LoopWrites, type NameSet, namesOnce, once, writesWith } from "./loop-writes.js";

/** What the function around a loop tells of its names. */
export interface LoopScope {
  readonly language: Language;
  /** Variables that something beside the loop's own statements may set. */
  readonly aliased: NameSet;
  /** Whether what a name holds stays as it is whatever it is handed to, as it is declared. */
  readonly isFixed: (name: string) => boolean;
  readonly aliases: Aliases;
  /** What the functions of the file that a call may mean change, by the caller's names. */
  readonly effectsOf: (call: LoopCall) => CallEffects;
  /** Whether a plain name may be a field of the object (C++, Java). */
  readonly isField: (name: string) => boolean;
  /** What was read of its loops. */
  readonly parts: LoopParts;
}

/** What a loop does to variables, by their text. Most loops are judged by what they write: the rest is read when it is asked for. */
export interface LoopChanges {
  readonly writes: LoopWrites;
  /** Lists the loop takes from in every round. */
  readonly shrinks: Pick<NameSet, "has">;
  /** Lists the loop adds to. */
  readonly grows: Pick<NameSet, "has">;
  /** What the loop hands to a call that may change what it holds. */
  readonly handed: Pick<NameSet, "has">;
  /** What the loop calls methods of that may change what it holds. */
  readonly asked: Pick<NameSet, "has">;
  readonly scope: LoopScope;
  /** Asks only what the loop's own statements do: what others may do besides does not make it endless. */
  readonly lenient?: boolean;
}

const SHRINKING = /\.(?:pop|shift|popleft|poll|remove|pop_front|pop_back)$/;

/** The rounds of a loop: what changes something in them, and of that the calls. */
interface Rounds {
  readonly changing: readonly Changing[];
  readonly calls: readonly Called[];
  /** What runs in every round. */
  readonly always: () => ReadonlySet<Piece>;
  /** The names of the loop's head: what is set by one of them was there before. */
  readonly keys: () => ReadonlySet<string>;
  readonly scope: LoopScope;
}

interface Called {
  readonly piece: Piece;
  readonly call: LoopCall;
  readonly effects: CallEffects;
}

/** What a loop changes; `parts` are all of the loop's. What is `aliased`, a call of the loop may set. */
export function loopChanges(loop: Piece, parts: readonly LoopPart[], scope: LoopScope): LoopChanges {
  const changing = parts.flatMap((part) => part.changing);
  const rounds: Rounds = {
    changing,
    calls: changing.filter(isCall).map(({ piece }) => calledBy(piece, scope)),
    always: once(() => everyRound(loop, scope.parts)),
    keys: once(() => headerNames(loop)),
    scope,
  };
  const isOpen = rounds.calls.length > 0 || changing.some((one) => writtenBy(one).startsWith("*"));
  return {
    writes: writesWith(() => writesIn(rounds), isOpen ? scope.aliased : undefined),
    shrinks: namesOnce(() => shrunkIn(rounds)),
    grows: namesOnce(() => grownIn(rounds)),
    handed: namesOnce(() => handedIn(rounds)),
    asked: namesOnce(() => askedIn(rounds)),
    scope,
  };
}

function isCall({ piece }: Changing): boolean {
  return piece.kind === "call";
}

function calledBy(piece: Piece, { effectsOf }: LoopScope): Called {
  const call = callOf(piece);
  return { piece, call, effects: effectsOf(call) };
}

function writtenBy({ writes }: Changing): string {
  return writes[0]?.[0] ?? "";
}

function headerNames(loop: Piece): ReadonlySet<string> {
  const head = loop.children.filter(({ role }) => role !== "body" && role !== "iterable");
  return new Set(head.flatMap((child) => boundNames(child)));
}

function writesIn({ changing, calls, always, scope }: Rounds): Map<string, Write[]> {
  const found = new Map<string, Write[]>();
  for (const { piece, writes } of changing)
    for (const [name, { how, byOne }] of writes) {
      addWrite(found, name, { how, byOne, always: always().has(piece) });
      if (piece.kind !== "bind") noteReferred(found, name, scope);
      noteAliased(found, name, scope);
    }
  for (const { effects } of calls)
    for (const name of effects.writes) {
      addWrite(found, name, MAY_BE_SET);
      noteReferred(found, name, scope);
      noteAliased(found, name, scope);
    }
  return found;
}

const MAY_BE_SET: Write = { ...SET, always: false, maybe: true };
const SET_SOMETIMES: Write = { ...SET, always: false };

/** What a name of C++ is another word for; what only declares the name leaves that as it was. */
function noteReferred(found: Map<string, Write[]>, name: string, { aliases }: LoopScope): void {
  const reference = aliases.references.get(name);
  if (reference !== undefined) addWrite(found, reference, SET_SOMETIMES);
}

/** What is written under another name; a plain name that is set anew says nothing of what it stood for. */
function noteAliased(found: Map<string, Write[]>, name: string, { aliases }: LoopScope): void {
  if (ownersOf(name).length > 0) for (const other of aliases.also(name)) addWrite(found, other, SET_SOMETIMES);
}

/** Lists that a call in every round takes from. */
function shrunkIn({ calls, always }: Rounds): Set<string> {
  const shrinking = calls.filter(({ call }) => SHRINKING.test(call.method));
  return new Set(shrinking.filter(({ piece }) => always().has(piece)).map(({ call }) => call.owner));
}

/** Lists that are added to, under all their names. */
function grownIn({ changing, calls, keys, scope }: Rounds): Set<string> {
  const found = new Set<string>();
  for (const one of calls) {
    addNames(found, grownByCall(one, keys(), scope), scope);
    for (const name of one.effects.grows) addNames(found, name, scope);
  }
  for (const one of changing) if (one.piece.kind === "assign") addNames(found, grownBy(one, keys()), scope);
  found.delete("");
  return found;
}

/** Adds a name, and what else is one for the same. */
function addNames(found: Set<string>, name: string, { aliases }: LoopScope): void {
  found.add(name);
  for (const other of aliases.also(name)) found.add(other);
}

/** `list[i] = x`, `list.length += 1` and `list += more` of Python may make the list longer. */
function grownBy(assign: Changing, keys: ReadonlySet<string>): string {
  const written = writtenBy(assign);
  const { type, op } = assign.piece;
  if (type === "augmented_assignment" && op === "+=") return written;
  const [, owner = "", index = ""] = /^(.+?)(?:\[(.*)\]|\.length)$/.exec(written) ?? [];
  return keys.has(index) ? "" : owner;
}

/** The list that a call adds to: by a method, by one that is bound to it, or by one that is not known. */
function grownByCall({ piece, call }: Called, keys: ReadonlySet<string>, { aliases }: LoopScope): string {
  const isGrown = GROWING.test(call.method) || isComputed(piece, keys);
  return isGrown ? call.owner : (aliases.grownBy.get(call.callee) ?? "");
}

/** `list[what]()` may be any method; `list[i]()` of a counter is what the list holds. */
function isComputed(call: Piece, keys: ReadonlySet<string>): boolean {
  const callee = unwrap(childOf(call, "callee") ?? call);
  return callee.type === "MemberExpression" && callee.op === "[]" && !keys.has(callee.children.at(-1)?.name ?? "");
}

function handedIn({ calls, scope }: Rounds): Set<string> {
  const found = new Set<string>();
  for (const one of calls) {
    for (const name of one.effects.handed) addNames(found, name, scope);
    if (isKnown(one)) continue;
    for (const name of one.call.handed) if (!scope.isFixed(name)) addNames(found, name, scope);
  }
  return found;
}

/** What calls ask to do something unknown; in C++ and Java a plain call may be of a method. */
function askedIn({ calls, scope }: Rounds): Set<string> {
  const found = new Set<string>();
  for (const one of calls) {
    if (isKnown(one)) continue;
    if (one.call.owner !== "") addNames(found, one.call.owner, scope);
    else if (one.effects.count === 0 && IMPLICIT.has(scope.language)) found.add("this");
  }
  found.delete("");
  return found;
}

/** Whether all that a call may change is told: it is one of the language's own, or of a function of the file. */
function isKnown({ call, effects }: Called): boolean {
  return call.isHarmless || (effects.count > 0 && (call.owner === "" || SELVES.has(call.owner)));
}

/** Languages in which a method is called, and a field named, without what it belongs to. */
export const IMPLICIT: ReadonlySet<Language> = new Set(["cpp", "java"]);
