import type { Language } from "../../language.js";
import { childOf, type Piece, pieceLike, unwrap } from "../piece.js";
import { GROWING, methodOf } from "./loop-call.js";
import { ownersOf } from "./loop-name.js";

/** Other names that a function has for what it holds. */
export interface Aliases {
  /** What else is changed where what this name holds is. */
  readonly also: (name: string) => readonly string[];
  /** Where a name is a method that is bound, the list that a call of it adds to. */
  readonly grownBy: ReadonlyMap<string, string>;
  /** Names of C++ that are only another word for a variable. */
  readonly references: ReadonlyMap<string, string>;
}

/** Names that one name may stand for at the most. */
const MAX_ALIASES = 64;
/** Languages that copy what is assigned, unless it is a reference. */
const COPYING: ReadonlySet<Language> = new Set(["c", "cpp", "rust"]);

interface Links {
  readonly sources: Map<string, string[]>;
  readonly targets: Map<string, string[]>;
}

const known = new WeakMap<readonly Piece[], Aliases>();

/** Reads what a function gives other names to, once for all who ask of the same pieces. */
export function aliasesOf(pieces: readonly Piece[], language: Language): Aliases {
  const found = known.get(pieces) ?? readAliases(pieces, language);
  known.set(pieces, found);
  return found;
}

function readAliases(pieces: readonly Piece[], language: Language): Aliases {
  const links: Links = { sources: new Map(), targets: new Map() };
  const grownBy = new Map<string, string>();
  const references = new Map<string, string>();
  for (const piece of pieces.filter(names))
    for (const [target, value] of namings(piece)) {
      const [own, name] = [declaredName(target), sharedName(value, target, language)];
      const list = boundList(value);
      if (list !== "") grownBy.set(own, list);
      if (name === "" || own === "" || name === own) continue;
      if (isReference(target)) references.set(own, name);
      link(links, own, name);
    }
  const told = new Map<string, readonly string[]>();
  const also = (name: string): readonly string[] => {
    const others = told.get(name) ?? alsoNamed(name, links);
    told.set(name, others);
    return others;
  };
  return { also, grownBy, references };
}

function link({ sources, targets }: Links, target: string, source: string): void {
  addTo(sources, target, source);
  addTo(targets, source, target);
}

function addTo(links: Map<string, string[]>, name: string, other: string): void {
  const known = links.get(name);
  if (known === undefined) links.set(name, [other]);
  else if (known.length < MAX_ALIASES) known.push(other);
}

/** What names, and what it names: declarations, assignments, the fields that a pattern takes out. */
export function namings(piece: Piece): [target: Piece, value: Piece][] {
  if (!names(piece)) return [];
  const [target, value] = [firstOf(piece, TARGETS), firstOf(piece, VALUES)];
  if (target === undefined || value === undefined) return [];
  return target.type === "ObjectPattern" ? takenOut(target, unwrap(value)) : [[sole(target), sole(value)]];
}

/** Whether a piece may give a name to something. */
export function names({ kind, type }: Piece): boolean {
  return NAMING.has(kind) || type === "init_declarator";
}

const NAMING: ReadonlySet<string> = new Set(["bind", "assign"]);
const TARGETS = ["id", "left", "pattern", "declarator", "name"];
const VALUES = ["init", "right", "value"];

function firstOf({ children }: Piece, roles: readonly string[]): Piece | undefined {
  return children.find(({ role }) => roles.includes(role));
}

function sole(piece: Piece): Piece {
  const inner = unwrap(piece);
  return inner.type === "expression_list" && inner.children.length === 1 ? unwrap(inner.children[0] as Piece) : inner;
}

/** `const { list, a: b } = o`. */
function takenOut(pattern: Piece, value: Piece): [Piece, Piece][] {
  if (value.name === "") return [];
  return pattern.children.flatMap((property): [Piece, Piece][] => {
    const [key, target] = [childOf(property, "key"), childOf(property, "target")];
    if (key?.kind !== "name" || target?.kind !== "name") return [];
    return [[target, pieceLike({ ...value, kind: "member", name: `${value.name}.${key.name}` })]];
  });
}

/** The name of what is shared and not copied; `&x` where its address is. */
function sharedName(value: Piece, target: Piece, language: Language): string {
  if (value.op === "&" && ADDRESSING.has(value.type)) return addressOf(value);
  if (value.kind !== "name" && value.kind !== "member") return "";
  return COPYING.has(language) && !target.type.endsWith("_declarator") ? "" : value.name;
}

function addressOf({ children }: Piece): string {
  return `&${children.at(-1)?.name ?? ""}`;
}

const ADDRESSING: ReadonlySet<string> = new Set(["pointer_expression", "unary_expression", "reference_expression"]);

function isReference({ type }: Piece): boolean {
  return type === "reference_declarator";
}

/** `&w` and `*p` of a declaration name `w` and `p`. */
export function declaredName(target: Piece): string {
  return target.name === "" ? (target.children.at(-1)?.name ?? "") : target.name;
}

/** `list.push.bind(list)` and `list.append`: the list. */
function boundList(value: Piece): string {
  const isBound = value.kind === "call" && unwrap(childOf(value, "callee") ?? value).name.endsWith(".bind");
  const text = isBound ? unwrap(childOf(value, "callee") ?? value).name.replace(/\.bind$/, "") : value.name;
  const { owner, method } = methodOf(value.kind === "member" || isBound ? text : "");
  return GROWING.test(method) ? owner : "";
}

/** What a name is another word for, and what else is one for that. */
function alsoNamed(name: string, { sources, targets }: Links): readonly string[] {
  if (sources.size === 0) return [];
  const found = new Set<string>();
  for (const held of [name, ...ownersOf(name)]) {
    const up = reached([held], sources);
    for (const other of reached([...up, held], targets)) if (other !== held) found.add(joined(other, name, held));
    for (const other of up) found.add(joined(other, name, held));
  }
  found.delete(name);
  return [...found];
}

function reached(from: readonly string[], links: ReadonlyMap<string, readonly string[]>): string[] {
  const seen = new Set(from);
  for (const at of seen) {
    for (const next of [...(links.get(at) ?? []), ...(links.get(`&${at}`) ?? [])]) seen.add(next);
    if (seen.size > MAX_ALIASES) break;
  }
  return [...seen].slice(from.length);
}

/** `name`, which is `held` or reached through it, as it is reached through `other`. */
function joined(other: string, name: string, held: string): string {
  const place = other.startsWith("&") ? other.slice(1) : other;
  if (name.startsWith("*")) return place === other ? `*${other}` : place;
  const rest = name.slice(held.length);
  return place === other ? place + rest : place + rest.replace(/^->/, ".");
}
