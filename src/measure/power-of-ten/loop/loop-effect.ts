import type { Language } from "../../language.js";
import { below, boundNames, childOf, foundAt, type Piece } from "../piece.js";
import type { Unit } from "../unit.js";
import { aliasesOf, declaredName, names, namings } from "./loop-alias.js";
import { callOf, GROWING, type LoopCall } from "./loop-call.js";
import { IMPLICIT } from "./loop-change.js";
import { SELVES } from "./loop-name.js";
import { writesOf } from "./loop-write.js";

/** What a call does to a name: adds to it, sets it, or hands it to something unknown. */
export type EffectKind = "grows" | "writes" | "handed";

/** What a function of the file does to what is not its own, by its own names for it. */
export interface Effect {
  readonly parameters: readonly { readonly name: string; readonly byReference: boolean }[];
  /** What it calls the object it is a method of; empty where it has no name for it. */
  readonly receiver: string;
  /** What it binds itself. */
  readonly locals: ReadonlySet<string>;
  readonly changes: Map<string, EffectKind>;
  readonly calls: readonly LoopCall[];
}

/** The functions of a file by name. */
export type Effects = ReadonlyMap<string, readonly Effect[]>;

/** Calls that are followed from one function into the next. */
const MAX_DEPTH = 6;
/** Names a function changes that are kept. */
const MAX_CHANGES = 64;

/** Reads what the functions of a file change, also by those they call. `measured`: a function's name, or nothing. */
export function readEffects(units: readonly Unit[], measured: (unit: Unit) => string, language: Language): Effects {
  const found = new Map<string, Effect[]>();
  const variables = variableNames(units);
  const named = units.flatMap((unit): [Unit, string][] => {
    const name = unit.parent === null ? "" : (variables.get(unit.piece) ?? measured(unit));
    return name === "" ? [] : [[unit, name]];
  });
  const pieces = new Set(named.map(([{ piece }]) => piece));
  for (const [unit, name] of named) {
    const effect = ownEffect(unit, piecesOf(unit, pieces), language);
    const known = found.get(name);
    if (known === undefined) found.set(name, [effect]);
    else known.push(effect);
  }
  followCalls([...found.values()].flat(), found, language);
  return found;
}

/** Takes over what is called, again where what is called has changed since: by turns, as one may call the other. */
function followCalls(all: readonly Effect[], effects: Effects, language: Language): void {
  const grownIn = new Map<Effect, number>(all.map((effect) => [effect, 0]));
  const called = all.map(({ calls }) => [...new Set(calls.flatMap(({ name }) => effects.get(name) ?? NO_EFFECTS))]);
  let turn = 0;
  const lookedIn = all.map(() => -1);
  for (let depth = 0; depth < MAX_DEPTH; depth += 1) {
    let grown = 0;
    for (const [at, effect] of all.entries()) {
      turn += 1;
      const last = lookedIn[at] as number;
      lookedIn[at] = turn;
      if (last !== -1 && !called[at]?.some((one) => (grownIn.get(one) ?? 0) >= last)) continue;
      if (!takeOver(effect, effects, language)) continue;
      grown += 1;
      grownIn.set(effect, turn);
    }
    if (grown === 0) break;
  }
}

const NO_EFFECTS: readonly Effect[] = [];

/** Functions by the variables that hold them. */
function variableNames(units: readonly Unit[]): ReadonlyMap<Piece, string> {
  const held = units
    .flatMap(({ own }) => own.filter(names).flatMap(namings))
    .filter(([, value]) => value.kind === "function");
  return new Map(held.map(([target, value]) => [value, declaredName(target)]));
}

/** What one function does by itself. */
function ownEffect(unit: Unit, own: readonly Piece[], language: Language): Effect {
  const parameters = parametersOf(unit.piece);
  const given = new Set(parameters.map(({ name }) => name));
  const bound = [...unit.locals, ...foundAt(own, innerNames).flat()];
  const locals = new Set(bound.filter((name) => !given.has(name) && !SELVES.has(name)));
  for (const name of [receiverOf(unit.piece), ...foundAt(own, outerNames).flat()]) locals.delete(name);
  const changes = new Map<string, EffectKind>();
  const aliases = aliasesOf(own, language);
  const note = (name: string, kind: EffectKind): void => {
    for (const each of [name, ...(kind === "writes" && /^\w*$/.test(name) ? [] : aliases.also(name))])
      if (!locals.has(rootOf(each)) && rootOf(each) !== "" && changes.size < MAX_CHANGES) changes.set(each, kind);
  };
  const calls: LoopCall[] = [];
  for (const piece of own) {
    for (const [name] of writesOf(piece)) note(name, "writes");
    if (piece.kind !== "call") continue;
    const call = callOf(piece);
    calls.push(call);
    if (GROWING.test(call.method)) note(call.owner, "grows");
  }
  return { parameters, locals, receiver: receiverOf(unit.piece), changes, calls };
}

/** Its own pieces, and those of functions without a name that stand in it. */
function piecesOf({ own }: Unit, named: ReadonlySet<Piece>): readonly Piece[] {
  const isInner = (piece: Piece, at: number): boolean => at > 0 && piece.kind === "function" && !named.has(piece);
  if (!own.some(isInner)) return own;
  return own.flatMap((piece, at) => (isInner(piece, at) ? below(piece, (one) => !named.has(one)) : [piece]));
}

function parametersOf(piece: Piece): Effect["parameters"] {
  const list = childOf(piece, "parameters") ?? childOf(childOf(piece, "declarator") ?? piece, "parameters");
  const each = list === undefined ? piece.children.filter(({ role }) => role === "parameter") : list.children;
  return each
    .filter((one) => one.type !== "self_parameter" && !SELVES.has(one.name))
    .map((one) => ({ name: boundNames(one).at(-1) ?? one.name, byReference: holdsReference(one) }));
}

function holdsReference({ children }: Piece): boolean {
  return children.some(({ type }) => type === "reference_declarator") && !children.some(({ name }) => name === "const");
}

function receiverOf(piece: Piece): string {
  const receiver = childOf(piece, "receiver");
  return receiver === undefined ? "" : (boundNames(receiver)[0] ?? "");
}

/** What functions within bind. */
function innerNames(piece: Piece): string[] | undefined {
  return piece.kind === "bind" || piece.role === "parameter" ? boundNames(piece) : undefined;
}

/** What Python's `global` and `nonlocal` say is none of the function's. */
function outerNames({ type, children }: Piece): string[] | undefined {
  return type === "global_statement" || type === "nonlocal_statement" ? children.map(({ name }) => name) : undefined;
}

/** The first word of a name, behind `*` or `&`. */
function rootOf(name: string): string {
  const first = name.startsWith("*") || name.startsWith("&") ? 1 : 0;
  let end = first;
  while (isWordChar(name.charCodeAt(end))) end += 1;
  return name.slice(first, end);
}

function isWordChar(code: number): boolean {
  return WORD_CHARS[code] === 1;
}

const WORD_CHARS = Uint8Array.from({ length: 128 }, (_, code) => (/[\w$#]/.test(String.fromCharCode(code)) ? 1 : 0));

/** What it calls does as well; true where something came to it. */
function takeOver(effect: Effect, effects: Effects, language: Language): boolean {
  const before = effect.changes.size;
  for (const call of effect.calls) {
    const called = effects.get(call.name) ?? NO_EFFECTS;
    if (called.length === 0 && !call.isHarmless) {
      for (const name of call.handed) take(effect, name, "handed");
      take(effect, call.owner, "handed");
    }
    for (const [name, kind] of called.flatMap((one) => effectsOn(one, call, language))) take(effect, name, kind);
  }
  return effect.changes.size > before;
}

function take({ changes, locals }: Effect, name: string, kind: EffectKind): void {
  if (name === "" || changes.size >= MAX_CHANGES || changes.has(name)) return;
  if (!locals.has(rootOf(name))) changes.set(name, kind);
}

/** What a call changes by the functions of the file that it may mean, by the caller's names. */
export type CallEffects = { readonly [Kind in EffectKind]: readonly string[] } & {
  /** How many functions it may mean. */
  readonly count: number;
};

const NOTHING_CHANGED: CallEffects = { count: 0, grows: [], writes: [], handed: [] };

/** What the functions of the file that a call may mean change. */
export function callEffects(call: LoopCall, effects: Effects, language: Language): CallEffects {
  const meant = effects.get(call.name) ?? NO_EFFECTS;
  if (meant.length === 0) return NOTHING_CHANGED;
  const changed: Record<EffectKind, string[]> = { grows: [], writes: [], handed: [] };
  for (const one of meant) for (const [name, kind] of effectsOn(one, call, language)) changed[kind].push(name);
  return { count: meant.length, ...changed };
}

/** What a call of a function changes, by the caller's names. */
function effectsOn(effect: Effect, call: LoopCall, language: Language): [name: string, kind: EffectKind][] {
  const changed: [string, EffectKind][] = [];
  for (const [name, kind] of effect.changes)
    for (const each of callersNames({ name, kind, effect, call }, language)) changed.push([each, kind]);
  return changed;
}

interface Change {
  readonly name: string;
  readonly kind: EffectKind;
  readonly effect: Effect;
  readonly call: LoopCall;
}

function callersNames(change: Change, language: Language): string[] {
  const { name, effect, call } = change;
  const root = rootOf(name);
  const at = effect.parameters.findIndex((one) => one.name === root);
  if (at !== -1) return givenNames(change, root, at);
  if (SELVES.has(root) || root === effect.receiver)
    return [call.owner === "" ? name : substituted(name, root, call.owner)];
  if (!IMPLICIT.has(language)) return [name];
  const owner = call.owner === "" ? "this" : call.owner;
  return [name, `${owner}.${name}`, `${owner}->${name}`];
}

/** What a parameter stands for; one that is set anew is not what was given, unless it is a reference. */
function givenNames({ name, kind, effect, call }: Change, root: string, at: number): string[] {
  const given = call.given[at] ?? "";
  const isOnlySet = name === root && kind === "writes" && effect.parameters[at]?.byReference !== true;
  return given === "" || isOnlySet ? [] : [substituted(name, root, given)];
}

/** `p->i` where `p` is given as `&x` is `x.i`, and `*p` is `x`. */
function substituted(name: string, root: string, given: string): string {
  const place = given.replace(/^&/, "");
  if (name.startsWith("*")) return place === given ? `*${given}` : place;
  const rest = name.slice(root.length);
  return place === given ? given + rest : place + rest.replace(/^->/, ".");
}
