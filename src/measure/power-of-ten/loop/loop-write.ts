import { below, boundNames, childOf, type Piece, unwrap } from "../piece.js";
import { pointedName } from "./loop-name.js";

/** How a loop changes a variable. */
export interface Write {
  /** `+` counts up, `-` down, `*` by some operator; `=` sets it to something else. */
  readonly how: "+" | "-" | "*" | "=";
  /** Whether it happens in every round: in the header, or as a statement of the body itself. */
  readonly always: boolean;
  /** Whether it goes on by one, so that it meets every whole number on its way. */
  readonly byOne: boolean;
  /** A function of the file that is called does it, or may. */
  readonly maybe?: boolean;
}

/** Operators by the way they move a value, when they do it by at least this much. Nothing times two is nothing. */
const DIRECTIONS: Readonly<Record<string, { readonly how: Write["how"]; readonly least: number }>> = {
  "+=": { how: "+", least: 0 },
  "-=": { how: "-", least: 0 },
  "/=": { how: "*", least: 1 },
  ">>=": { how: "*", least: 0 },
  ">>>=": { how: "*", least: 0 },
};
/** What a value is set to. */
export type Move = Pick<Write, "how" | "byOne">;
/** Set to something else. */
export const SET: Move = { how: "=", byOne: false };

/** What a piece changes, and how. */
export type Writes = readonly (readonly [name: string, move: Move])[];

const NONE: Writes = [];

/** What a piece writes: an assignment, a step, a declaration, the variable of a loop within, a pattern. */
export function writesOf(piece: Piece): Writes {
  if (CHANGING.has(piece.kind)) return assignedNames(piece);
  if (piece.kind === "bind") return piece.role === "init" ? NONE : setAll(boundNames(piece));
  if (READING_INTO.has(piece.kind)) return piece.children[0]?.op === ">>" ? setAll(readInto(piece.children[0])) : NONE;
  const setting = SETTING[piece.type];
  return setting === undefined ? NONE : setAll(setting(piece));
}

const CHANGING: ReadonlySet<string> = new Set(["assign", "step"]);
const READING_INTO: ReadonlySet<string> = new Set(["statement", "group"]);

/** What sets a name without an assignment: loops over something, `with`, `:=`, output of assembler. */
const SETTING: Readonly<Record<string, (piece: Piece) => string[]>> = {
  ForOfStatement: (piece) => patternNames(childOf(piece, "left")),
  ForInStatement: (piece) => patternNames(childOf(piece, "left")),
  for_statement: (piece) => patternNames(childOf(piece, "left")),
  enhanced_for_statement: (piece) => patternNames(childOf(piece, "name")),
  as_pattern_target: (piece) => patternNames(piece),
  named_expression: (piece) => patternNames(childOf(piece, "name")),
};

function setAll(names: readonly string[]): [string, Move][] {
  return names.map((name) => [name, SET]);
}

/** `in >> a >> b` of C++ sets what it reads into; elsewhere a shift that nothing uses does nothing. */
function readInto(piece: Piece | undefined): string[] {
  const names: string[] = [];
  for (let at = piece; at?.type === "binary_expression" && at.op === ">>"; at = at.children[0])
    names.push(at.children[1]?.name ?? "");
  return names;
}

/** Several at once are set each to its own part, where the text shows it. */
function assignedNames(piece: Piece): [string, Move][] {
  const left = childOf(piece, "left");
  if (left !== undefined && PATTERNS.has(left.type) && soleItem(left) === left)
    return setTogether(left, childOf(piece, "right"));
  const name = writtenName(piece);
  return [[name, directionOf(piece, name)]];
}

function setTogether(left: Piece, right: Piece | undefined): [string, Move][] {
  if (right?.type !== "expression_list" || right.children.length !== left.children.length)
    return setAll(patternNames(left));
  return left.children.map(({ name }, at) => [name, sumDirection(right.children[at] as Piece, name)]);
}

/** What an assignment changes, `*p` for what a pointer points at. */
function writtenName(piece: Piece): string {
  const target = childOf(piece, "left") ?? childOf(piece, "argument") ?? piece.children[0];
  const pointed = target === undefined ? "" : pointedName(soleItem(target));
  return pointed === "" ? targetOf(piece) : pointed;
}

const PATTERNS: ReadonlySet<string> = new Set([
  "ObjectPattern",
  "ArrayPattern",
  "pattern_list",
  "tuple_pattern",
  "list_pattern",
  "expression_list",
  "tuple_expression",
]);

/** The names that a pattern sets; keys and defaults are none of them. */
function patternNames(pattern: Piece | undefined): string[] {
  if (pattern === undefined) return [];
  const parts = below(pattern, ({ kind, role }) => kind !== "member" && role !== "right");
  return parts
    .filter(({ kind, role }) => (kind === "name" || kind === "member") && role !== "key" && role !== "right")
    .map(({ name }) => name);
}

/** What is called, as text without white space; in Java the object and the method stand apart. */
export function calleeText(call: Piece): string {
  const callee = childOf(call, "callee");
  const object = childOf(call, "object");
  const name = callee === undefined ? "" : unwrap(callee).name;
  return object === undefined ? name : `${unwrap(object).name}.${name}`;
}

/** What an assignment or a step changes, as text. */
export function targetOf(piece: Piece): string {
  const target = childOf(piece, "left") ?? childOf(piece, "argument") ?? piece.children[0];
  if (target === undefined) return "";
  const inner = unwrap(target);
  return inner.name === "" && inner.children.length === 1 ? (inner.children[0] as Piece).name : inner.name;
}

/** `x = x + 1` counts as `x += 1`; a step that is no number in the text may be none, or go back. */
function directionOf(piece: Piece, target: string): Move {
  if (piece.kind === "step") return { how: piece.op === "--" ? "-" : "+", byOne: true };
  const right = childOf(piece, "right");
  if (right === undefined || target === "") return SET;
  const amount = soleItem(right);
  return DIRECTIONS[piece.op] === undefined ? sumDirection(amount, target) : moved(piece.op, amount);
}

function sumDirection({ op, children: [first, second] }: Piece, target: string): Move {
  if (first?.name === target && op !== "") return moved(`${op}=`, second);
  return second?.name === target && op === "+" ? moved("+=", first) : SET;
}

function moved(op: string, amount: Piece | undefined): Move {
  const by = amount?.kind === "literal" ? Number(amount.name.replace(/[uUlLfF]+$/, "")) : Number.NaN;
  const known = DIRECTIONS[op];
  return known !== undefined && by > known.least ? { how: known.how, byOne: by === 1 } : SET;
}

/** Go holds even a single value in a list. */
function soleItem(piece: Piece): Piece {
  const inner = unwrap(piece);
  const only = inner.children[0];
  return inner.type === "expression_list" && inner.children.length === 1 && only !== undefined ? unwrap(only) : inner;
}
