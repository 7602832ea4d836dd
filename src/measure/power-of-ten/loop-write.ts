import { below, childOf, type Piece, unwrap } from "./piece.js";

/** How a loop changes a variable. */
export interface Write {
  /** `+` counts up, `-` down, `*` by some operator; `=` sets it to something else. */
  readonly how: "+" | "-" | "*" | "=";
  /** Whether it happens in every round: in the header, or as a statement of the body itself. */
  readonly always: boolean;
}

/** What a loop does to variables, by their text. */
export interface LoopWrites {
  readonly writes: ReadonlyMap<string, readonly Write[]>;
  /** Lists the loop takes from in every round. */
  readonly shrinks: ReadonlySet<string>;
  /** Lists the loop adds to. */
  readonly grows: ReadonlySet<string>;
}

const SHRINKING = /\.(?:pop|shift|popleft|poll|remove|pop_front|pop_back)$/;
const GROWING = /\.(?:push|unshift|append|appendleft|add|offer|extend|push_back|push_front|insert|splice)$/;
const DIRECTIONS: Readonly<Record<string, Write["how"]>> = {
  "++": "+",
  "--": "-",
  "+=": "+",
  "-=": "-",
  "*=": "*",
  "/=": "*",
  ">>=": "*",
  ">>>=": "*",
  "<<=": "*",
};

/** Collects what a loop writes; `pieces` are all of the loop's. */
export function loopWrites(loop: Piece, pieces: readonly Piece[]): LoopWrites {
  const always = everyRound(loop);
  const writes = new Map<string, Write[]>();
  const found = { writes, shrinks: new Set<string>(), grows: new Set<string>() };
  for (const piece of pieces) {
    if (piece.kind === "assign" || piece.kind === "step") noteWrite(writes, piece, always.has(piece));
    if (piece.kind === "call") noteCall(found, piece, always.has(piece));
  }
  return found;
}

function noteWrite(writes: Map<string, Write[]>, piece: Piece, always: boolean): void {
  const target = targetOf(piece);
  const how = directionOf(piece, target);
  writes.set(target, [...(writes.get(target) ?? []).slice(0, MAX_WRITES), { how, always }]);
}

/** Writes to one variable that are looked at: more of them decide nothing else. */
const MAX_WRITES = 16;

function noteCall(found: { shrinks: Set<string>; grows: Set<string> }, piece: Piece, always: boolean): void {
  const callee = calleeText(piece);
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

/** `x = x + 1` counts as `x += 1`. */
function directionOf(piece: Piece, target: string): Write["how"] {
  const known = DIRECTIONS[piece.op];
  if (known !== undefined) return known;
  const right = childOf(piece, "right");
  if (right === undefined || target === "") return "=";
  return sumDirection(soleItem(right), target);
}

function sumDirection({ op, children: [first, second] }: Piece, target: string): Write["how"] {
  if (first?.name === target && op !== "") return DIRECTIONS[`${op}=`] ?? "=";
  return second?.name === target && op === "+" ? "+" : "=";
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
  for (const piece of below(body, ({ kind }) => !STOPS.has(kind))) {
    if (!STOPS.has(piece.kind)) found.add(piece);
    if (piece.kind === "branch") addCondition(piece, found);
  }
  return found;
}

const STOPS: ReadonlySet<string> = new Set(["branch", "loop", "each", "function", "class", "and", "or"]);

/** The condition of an `if` in the body runs in every round although what it guards does not. */
function addCondition(branch: Piece, found: Set<Piece>): void {
  const condition = childOf(branch, "condition");
  if (condition !== undefined) for (const piece of below(condition, ({ kind }) => !STOPS.has(kind))) found.add(piece);
}
