import { isEcmaScript, type Language } from "../language.js";
import { lineAt } from "../line-table.js";
import type { CallFact } from "./fact.js";
import { HIDDEN_USES, type HiddenUses } from "./hidden-use-table.js";
import { calleeText } from "./loop/loop-write.js";
import { childOf, type Piece, unwrap } from "./piece.js";
import type { RuleContext } from "./rule.js";
import type { Unit } from "./unit.js";

/**
 * What a function runs without the brackets of a call: accessors, operators, iterators, conversions, destructors. Each
 * is a call of every function that its name could mean, so that a ring through it is unknown and never passes.
 */
export function findHiddenUses(unit: Unit, context: RuleContext): CallFact[] {
  const table = tableOf(context.language);
  if (table === undefined || unit.parent === null) return [];
  const found = new Map<string, CallFact>();
  const note: Note = (name, piece, receiver = "") => {
    const key = `${name} ${receiver}`;
    if (!found.has(key)) found.set(key, useOf(name, receiver, lineAt(context.table, piece.start)));
  };
  const written = table.accessors ? writtenMembers(unit.own) : NONE_WRITTEN;
  for (const piece of unit.own) {
    for (const name of namesOf(piece, table)) note(name, piece);
    if (table.accessors) noteAccess(piece, written, note);
  }
  return [...found.values()];
}

type Note = (name: string, piece: Piece, receiver?: string) => void;

/** On the object itself it is certain what an accessor's name means. */
function useOf(name: string, receiver: string, line: number): CallFact {
  return { form: "hidden", name, receiver, given: -1, line, certain: receiver !== "", ignored: false };
}

function tableOf(language: Language): HiddenUses | undefined {
  return HIDDEN_USES[isEcmaScript(language) ? "ecmascript" : language];
}

function namesOf(piece: Piece, table: HiddenUses): readonly string[] {
  const byType = isPlainSource(piece) ? undefined : table.types.get(piece.type);
  const byOperator = NO_USE.has(piece.type) ? undefined : table.operators.get(piece.op);
  const byCall = piece.kind === "call" ? calledNames(piece, table) : [];
  return [...(byType ?? []), ...(byOperator ?? []), ...byCall, ...madeHere(piece)];
}

/** In C++ a variable of a class runs the class's constructor, and so do `T{}` and `new T`. */
function madeHere(piece: Piece): readonly string[] {
  if (!MAKING.has(piece.type)) return [];
  const made = piece.children.find(({ role }) => role === "type" || role === "callee");
  const name = /(?:^|::)(\w+)$/.exec(made?.name ?? "")?.[1];
  return name === undefined || made?.type === "primitive_type" ? [] : [`new ${name}`];
}

const MAKING: ReadonlySet<string> = new Set(["declaration", "new_expression", "compound_literal_expression"]);

/** Where `=` makes something instead of assigning it. */
const NO_USE: ReadonlySet<string> = new Set(["init_declarator", "let_declaration", "keyword_argument"]);

function calledNames(call: Piece, { calls, handed }: HiddenUses): readonly string[] {
  const callee = calleeText(call);
  const list = childOf(call, "arguments")?.children ?? call.children.filter(({ role }) => role === "argument");
  const itself = list.some((one) => SELVES.has(unwrap(one).name)) ? handed : [];
  return [...calls.flatMap(([called, names]) => (called.test(callee) ? names : [])), ...itself];
}

const SELVES: ReadonlySet<string> = new Set(["this", "self"]);

/** A loop over what one of the language's own methods gives runs no iterator of ours. */
function isPlainSource(piece: Piece): boolean {
  const source = piece.kind === "each" ? childOf(piece, "iterable") : undefined;
  if (source === undefined) return false;
  const inner = unwrap(source);
  return inner.type === "ArrayExpression" || (inner.kind === "call" && OWN_SOURCE.test(calleeText(inner)));
}

const OWN_SOURCE =
  /(?:^|\.)(?:keys|values|entries|items|split|splitlines|matchAll|range|filter|slice|reversed|toReversed)$/;

interface Written {
  /** Members that are set and not read. */
  readonly set: ReadonlySet<Piece>;
  /** Members that are read and set. */
  readonly moved: ReadonlySet<Piece>;
}

const NONE_WRITTEN: Written = { set: new Set(), moved: new Set() };

function writtenMembers(pieces: readonly Piece[]): Written {
  const [set, moved] = [new Set<Piece>(), new Set<Piece>()];
  for (const piece of pieces) {
    const target = targetPiece(piece);
    if (target?.kind === "member") (piece.op === "=" ? set : moved).add(target);
  }
  return { set, moved };
}

function targetPiece(piece: Piece): Piece | undefined {
  if (piece.kind !== "assign" && piece.kind !== "step") return undefined;
  return childOf(piece, "left") ?? childOf(piece, "argument");
}

/** `o.x`, `{ x } = o`: a getter or a setter of that name may run. */
function noteAccess(piece: Piece, written: Written, note: Note): void {
  if (piece.type === "ObjectPattern")
    for (const { name } of piece.children.flatMap(({ children }) => children.slice(0, 1))) note(`get ${name}`, piece);
  if (piece.kind !== "member") return;
  const receiver = selfOf(piece);
  if (!written.set.has(piece)) note(`get ${accessedName(piece)}`, piece, receiver);
  if (isSet(piece, written)) note(`set ${accessedName(piece)}`, piece, receiver);
}

function isSet(piece: Piece, { set, moved }: Written): boolean {
  return set.has(piece) || moved.has(piece) || IN_PATTERN.has(piece.role);
}

/** What a member is taken of, where that is the object itself. */
function selfOf({ children: [object] }: Piece): string {
  return object !== undefined && SELVES.has(object.name) ? object.name : "";
}

/** Where a member may be what a pattern sets. */
const IN_PATTERN: ReadonlySet<string> = new Set(["target", "elements", "left"]);

function accessedName({ children }: Piece): string {
  return (children.at(-1)?.name ?? "").replace(/^(["'`])(.*)\1$/, "$2");
}
