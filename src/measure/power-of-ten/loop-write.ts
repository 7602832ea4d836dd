import { below, boundNames, childOf, type Piece, unwrap } from "./piece.js";

/** How a loop changes a variable. */
export interface Write {
  /** `+` counts up, `-` down, `*` by some operator; `=` sets it to something else. */
  readonly how: "+" | "-" | "*" | "=";
  /** Whether it happens in every round: in the header, or as a statement of the body itself. */
  readonly always: boolean;
  /** Whether it goes on by one, so that it meets every whole number on its way. */
  readonly byOne: boolean;
}

/** What a loop does to variables, by their text. */
export interface LoopWrites {
  readonly writes: ReadonlyMap<string, readonly Write[]>;
  /** Lists the loop takes from in every round. */
  readonly shrinks: ReadonlySet<string>;
  /** Lists the loop adds to. */
  readonly grows: ReadonlySet<string>;
  /** What the loop hands to a call, by its name. */
  readonly handed: ReadonlySet<string>;
}

const SHRINKING = /\.(?:pop|shift|popleft|poll|remove|pop_front|pop_back)$/;
const GROWING =
  /\.(?:push|unshift|append|appendleft|add|addAll|addLast|addFirst|offer|offerLast|offerFirst|extend|push_back|push_front|emplace\w*|insert|splice|set|put|putAll|resize)$/;
/** Operators by the way they move a value, when they do it by at least this much. Nothing times two is nothing. */
const DIRECTIONS: Readonly<Record<string, { readonly how: Write["how"]; readonly least: number }>> = {
  "+=": { how: "+", least: 0 },
  "-=": { how: "-", least: 0 },
  "/=": { how: "*", least: 1 },
  ">>=": { how: "*", least: 0 },
  ">>>=": { how: "*", least: 0 },
};
/** What a value is set to. */
type Move = Pick<Write, "how" | "byOne">;
const SET: Move = { how: "=", byOne: false };

/**
 * Collects what a loop writes; `pieces` are all of the loop's. What something else may write as well (`aliased`), a
 * call of the loop may set.
 */
export function loopWrites(loop: Piece, pieces: readonly Piece[], aliased: ReadonlySet<string>): LoopWrites {
  const always = everyRound(loop);
  const writes = new Map<string, Write[]>();
  const found = { writes, shrinks: new Set<string>(), grows: new Set<string>(), handed: new Set<string>() };
  for (const piece of pieces) {
    notePiece(writes, piece, always.has(piece));
    if (piece.kind === "call") noteCall(found, piece, always.has(piece));
    if (piece.kind === "assign") found.grows.add(grownBy(piece));
  }
  if (pieces.some(({ kind, type }) => kind === "call" || isFollowed(type)))
    for (const name of aliased) noteWrite(writes, name, { ...SET, always: false });
  return found;
}

/** What an assignment, a step or a declaration in the body sets. */
function notePiece(writes: Map<string, Write[]>, piece: Piece, always: boolean): void {
  if (piece.kind === "assign" || piece.kind === "step")
    noteWrite(writes, targetOf(piece), { ...directionOf(piece, targetOf(piece)), always });
  if (piece.kind === "bind" && piece.role !== "init")
    for (const name of boundNames(piece)) noteWrite(writes, name, { ...SET, always: false });
}

function isFollowed(type: string): boolean {
  return type === "pointer_expression";
}

function noteWrite(writes: Map<string, Write[]>, target: string, write: Write): void {
  writes.set(target, [...(writes.get(target) ?? []).slice(0, MAX_WRITES), write]);
}

/** Writes to one variable that are looked at: more of them decide nothing else. */
const MAX_WRITES = 16;

/** `list[i] = x` and `list.length += 1` may make the list longer. */
function grownBy(assign: Piece): string {
  return /^(.+?)(?:\[.*\]|\.length)$/.exec(targetOf(assign))?.[1] ?? "";
}

/** The names and members that a call is given. */
function handedTo(call: Piece): string[] {
  const list = childOf(call, "arguments")?.children ?? call.children.filter(({ role }) => role === "argument");
  return list.filter(({ kind }) => kind === "name" || kind === "member").map(({ name }) => name);
}

type Changed = Record<"shrinks" | "grows" | "handed", Set<string>>;

function noteCall(found: Changed, piece: Piece, always: boolean): void {
  const callee = calleeText(piece).replaceAll("?.", ".");
  for (const name of handedTo(piece)) found.handed.add(name);
  const owner = callee.slice(0, callee.lastIndexOf("."));
  if (always && SHRINKING.test(callee)) found.shrinks.add(owner);
  if (GROWING.test(callee)) found.grows.add(owner);
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

/** Pieces that run in every round: the header's, and those of the body that stand under no branch or loop. */
function everyRound(loop: Piece): Set<Piece> {
  const header = loop.children.filter(({ role }) => role !== "init" && role !== "body");
  const found = new Set(header.flatMap((child) => below(child)));
  const body = childOf(loop, "body");
  if (body === undefined) return found;
  const end = firstContinue(body);
  for (const piece of below(body, (at) => !stops(at))) {
    if (piece.start > end) break;
    if (!stops(piece)) found.add(piece);
    if (piece.kind === "branch") addCondition(piece, found);
  }
  return found;
}

/** Where what follows may be passed over; a `continue` of a loop within is its own unless it names a label. */
function firstContinue(body: Piece): number {
  const inner = new Set(below(body, ({ kind }) => kind !== "function").filter(({ kind }) => INNER.has(kind)));
  const own = below(body, (at) => !inner.has(at) && at.kind !== "function");
  const labelled = [...inner].flatMap((one) => below(one)).filter(({ children }) => children.length > 0);
  const skips = [...own, ...labelled].filter(({ type }) => /^continue/i.test(type));
  return skips.reduce((first, { start }) => Math.min(first, start), Number.POSITIVE_INFINITY);
}

const INNER: ReadonlySet<string> = new Set(["loop", "each"]);

/** What runs only sometimes, or may be left before its end. */
function stops({ kind, type, op }: Piece): boolean {
  return STOPS.has(kind) || op === "??" || /^(?:try|catch|except)/i.test(type);
}

const STOPS: ReadonlySet<string> = new Set(["branch", "loop", "each", "function", "class", "and", "or"]);

/** The condition of an `if` in the body runs in every round although what it guards does not. */
function addCondition(branch: Piece, found: Set<Piece>): void {
  const condition = childOf(branch, "condition");
  if (condition !== undefined) for (const piece of below(condition, (at) => !stops(at))) found.add(piece);
}
