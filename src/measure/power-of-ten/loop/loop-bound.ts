import { isAsserting } from "../assertion.js";
import { below, childOf, type Piece, unwrap } from "../piece.js";
import { type LoopChanges, type LoopScope, loopChanges } from "./loop-change.js";
import { fieldOf, namesIn, ownersOf } from "./loop-name.js";
import { isMade, partsOf, partsOfBody } from "./loop-part.js";
import { givenBy } from "./loop-source.js";
import { calleeText, type Write } from "./loop-write.js";

/** Whether a loop ends after a number of rounds that can be told before it starts. */
export type Bound = "pass" | "fail" | "unknown";

/** Pieces that may be looked at for one file, as a multiple of those it has: loops in loops are looked at again. */
const MAX_LOOKS_A_PIECE = 30;

/** What is left of the effort one file is worth, in pieces looked at. */
export interface Effort {
  left: number;
}

/** The effort for a file of this many pieces. */
export function effortFor(pieces: number): Effort {
  return { left: pieces * MAX_LOOKS_A_PIECE };
}

/**
 * A loop over a collection is bounded; a loop that counts towards what it compares with is; one whose condition is
 * always true fails unless a counter leaves it; of others it cannot be told from their text.
 */
export function judgeLoop(loop: Piece, effort: Effort, scope: LoopScope): Bound {
  if (effort.left <= 0) return "unknown";
  const parts = partsOf(loop, scope.parts);
  effort.left -= parts.reduce((sum, { size }) => sum + size, loop.children.filter(isMade).length);
  const writes = loopChanges(loop, parts, scope);
  return loop.kind === "each" ? judgeEach(loop, writes) : judgeWhile(loop, writes);
}

function judgeEach(loop: Piece, writes: LoopChanges): Bound {
  if (loop.op === "await" || loop.op === "async") return "unknown";
  const source = sourceOf(loop);
  if (source === undefined) return "pass";
  const inner = unwrap(source);
  const given = givenBy(inner);
  if (given !== "finite") return given === "endless" ? "fail" : "unknown";
  if (inner.kind === "call") return grownVerdict(ownerOf(inner), writes);
  return grownVerdict(inner.name, writes);
}

/** What a method gives is of what it is called on. */
function ownerOf(call: Piece): string {
  return calleeText(call).replace(/\.\w+$/, "");
}

/** What a loop goes over; in Go its clause holds it. */
export function sourceOf(loop: Piece): Piece | undefined {
  const clause = loop.children.find(({ type }) => type === "range_clause");
  return childOf(clause ?? loop, "iterable");
}

/** Unknown where the loop adds to what it goes over, or hands it, or what holds it, to something that may. */
function grownVerdict(name: string, { grows, handed, asked, scope }: LoopChanges): Bound {
  const owners = scope.language === "cpp" && scope.isField(name) ? ["this"] : ownersOf(name);
  const mayGrow = grows.has(name) || handed.has(name) || owners.some((at) => handed.has(at) || asked.has(at));
  return name !== "" && mayGrow ? "unknown" : "pass";
}

function judgeWhile(loop: Piece, writes: LoopChanges): Bound {
  const condition = childOf(loop, "condition");
  const constant = condition === undefined ? true : constantOf(unwrap(condition));
  if (constant === false) return "pass";
  if (constant === undefined && isBounded(condition as Piece, writes)) return "pass";
  const exit = countedExit(loop, writes);
  if (exit === "always") return "pass";
  return constant === true && exit === "none" ? "fail" : "unknown";
}

/** The value of a condition that is always the same; undefined where it is not. */
function constantOf(condition: Piece): boolean | undefined {
  if (condition.kind !== "literal") return undefined;
  if (/^(?:true|True)$/.test(condition.name)) return true;
  if (/^(?:false|False|null|nil|NULL)$/.test(condition.name)) return false;
  const value = Number(condition.name.replace(/[uUlL]+$/, ""));
  return Number.isNaN(value) ? undefined : value !== 0;
}

/** All of these parts are to be judged; of `&&` one is enough. */
function isBounded(condition: Piece, writes: LoopChanges): boolean {
  const open = [condition];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const part = unwrap(at);
    if (part.kind === "or") open.push(...part.children);
    else if (part.kind === "and" ? !someBounded(part, writes) : !isCounted(part, writes)) return false;
  }
  return true;
}

function someBounded(and: Piece, writes: LoopChanges): boolean {
  const parts = below(and, ({ kind }) => kind === "and" || kind === "group");
  return parts.some((part) => part.kind !== "and" && isCounted(part, writes));
}

function isCounted(part: Piece, writes: LoopChanges): boolean {
  if (part.kind === "compare") return isComparedCounter(part, writes);
  if (part.kind === "step") return part.op === "--" && isStepped(part.children[0]?.name ?? "", "-", writes);
  if (part.kind === "name") return isStepped(part.name, "-", writes);
  return isShrinking(part, writes);
}

/** `list.length`, a call of `list.isEmpty()` and the like, of a list that every round takes from. */
function isShrinking(part: Piece, writes: LoopChanges): boolean {
  for (const { name } of below(part)) {
    const list = name.replace(LENGTH, "");
    if (writes.shrinks.has(list) && grownVerdict(list, writes) === "pass" && !writes.writes.has(list)) return true;
  }
  return false;
}

/** Which way the left side must move to end a comparison. */
const MOVES: Readonly<Record<string, Write["how"]>> = { "<": "+", "<=": "+", ">": "-", ">=": "-" };

function isComparedCounter(compare: Piece, writes: LoopChanges): boolean {
  const [left, right] = compare.children;
  if (left === undefined || right === undefined || compare.op.startsWith("==")) return false;
  if (isShrinking(left, writes) || isShrinking(right, writes)) return true;
  const rises = MOVES[compare.op];
  return rises === undefined ? meets(left, right, writes) : approaches(left, right, rises, writes);
}

/** `!=`: what moves by more than one may pass it by. */
function meets(left: Piece, right: Piece, writes: LoopChanges): boolean {
  return (isMet(left, writes) || isMet(right, writes)) && approaches(left, right, "*", writes);
}

function approaches(left: Piece, right: Piece, rises: Write["how"], writes: LoopChanges): boolean {
  return moves(left, right, rises, writes) || moves(right, left, opposite(rises), writes);
}

/** Whether a side that must become exactly the other moves by ones; what moves otherwise may pass it by. */
function isMet(side: Piece, { writes }: LoopChanges): boolean {
  const moving = namesIn(side).flatMap((name) => writes.get(name) ?? []);
  return moving.length > 0 && moving.every(({ byOne }) => byOne);
}

function opposite(how: Write["how"]): Write["how"] {
  if (how === "*") return how;
  return how === "+" ? "-" : "+";
}

/** Whether a side counts towards the other, which stays or comes nearer. */
function moves(side: Piece, other: Piece, how: Write["how"], writes: LoopChanges): boolean {
  if (!namesIn(side).some((name) => isStepped(name, how, writes))) return false;
  const stays = namesIn(other).every((name) => staysOrComes(name, opposite(how), writes));
  return stays && isSettled(other) && !measuredNames(other).some((name) => writes.handed.has(name));
}

/** Calls that say how long something is: the same in every round unless it grows. */
const MEASURING =
  /(?:^|[.:])(?:len|length|size|strlen|count|end|cend|rend|min|max|abs|floor|ceil|trunc|Number|int|ord)$/;

/** What is asked for its length: `strlen(s)`. */
function measuredNames(piece: Piece): string[] {
  return below(piece).flatMap((part) => (part.kind === "call" ? namesIn(childOf(part, "arguments") ?? part) : []));
}

/** Whether what is compared with is no call that may say something else in every round, and has an end. */
function isSettled(piece: Piece): boolean {
  return below(piece).every((part) =>
    part.kind === "call" ? MEASURING.test(calleeText(part)) : !/(?:^|[._])inf(?:inity)?$/i.test(part.name),
  );
}

/** Whether every round steps it, always the same way, and nothing sets it. */
function isStepped(name: string, how: Write["how"], changes: LoopChanges): boolean {
  const known = changes.writes.get(name);
  if (known === undefined) return false;
  const all = known.filter(({ maybe }) => !(maybe === true && changes.lenient === true));
  if (!all.some(({ always }) => always) || isReached(name, changes)) return false;
  if (how === "*") return all.every((one) => one.how !== "=" && one.how === all[0]?.how);
  return all.every((one) => one.how === how || one.how === "*");
}

/**
 * Whether something else may change it: what it is reached through is set, handed to a call or asked to do something,
 * or the same field of something else is set, which may be the same thing.
 */
function isReached(name: string, { writes, handed, asked, scope, lenient }: LoopChanges): boolean {
  if (lenient === true) return false;
  if (scope.language === "cpp" && handed.has(name)) return true;
  const owners = scope.isField(name) ? ["this"] : ownersOf(name);
  if (owners.some((owner) => writes.has(owner) || writes.has(`*${owner}`) || handed.has(owner))) return true;
  const isLength = LENGTH.test(name);
  if (owners.some((owner, at) => asked.has(owner) && !(isLength && at === owners.length - 1))) return true;
  const field = fieldOf(name);
  return field !== "" && writes.hasField(field, name);
}

const LENGTH = /\.(?:length|size)$/;

/** Whether what is compared with does not run away. */
function staysOrComes(name: string, how: Write["how"], changes: LoopChanges): boolean {
  const { writes, grows } = changes;
  if (grows.has(name.replace(LENGTH, "")) || isReached(name, changes)) return false;
  return (writes.get(name) ?? []).every((one) => one.how === how);
}

/**
 * Whether a comparison of what every round counts leaves the loop: `always` where it stands in the body itself,
 * `sometimes` where it stands under something else.
 */
function countedExit(loop: Piece, writes: LoopChanges): "always" | "sometimes" | "none" {
  const body = childOf(loop, "body");
  if (body === undefined) return "none";
  const statements = below(body, ({ kind, type }) => kind === "block" || kind === "statement" || LISTS.has(type));
  if (statements.some((piece) => leavesWhenCounted(piece, writes))) return "always";
  const lenient = { ...writes, lenient: true };
  return decidingIn(body, writes.scope).some((piece) => leavesWhenCounted(piece, lenient)) ? "sometimes" : "none";
}

/** The branches and calls of a body, without those of functions in it. */
function decidingIn(body: Piece, { parts }: LoopScope): readonly Piece[] {
  const found = partsOfBody(body, parts);
  if (found.some(({ holdsFunction }) => holdsFunction)) return below(body, ({ kind }) => kind !== "function");
  return found.flatMap(({ deciding }) => deciding);
}

const LISTS: ReadonlySet<string> = new Set(["statement_list", "expression_statement"]);

function leavesWhenCounted(branch: Piece, writes: LoopChanges): boolean {
  if (branch.kind === "call") return assertsCount(branch, writes);
  if (branch.kind !== "branch") return false;
  const [condition, then] = [childOf(branch, "condition"), childOf(branch, "then")];
  if (condition === undefined || then === undefined) return false;
  const steps = below(then, ({ kind }) => kind === "block" || kind === "statement" || kind === "group");
  return steps.some(({ kind }) => kind === "leave") && orParts(condition).some((part) => isExit(part, writes));
}

/** `assert(tries <= MAX)` leaves as well. */
function assertsCount(call: Piece, writes: LoopChanges): boolean {
  return isAsserting(call) && call.children.some((child) => orParts(child).some((part) => isExit(part, writes)));
}

function orParts(condition: Piece): Piece[] {
  return below(condition, ({ kind }) => kind === "or" || kind === "group").map(unwrap);
}

/** A comparison with something that stays, of something that every round steps: it is reached. */
function isExit(part: Piece, writes: LoopChanges): boolean {
  const [left, right] = part.children;
  if (part.kind !== "compare" || left === undefined || right === undefined) return false;
  return reaches(left, right, writes) || reaches(right, left, writes);
}

function reaches(side: Piece, other: Piece, writes: LoopChanges): boolean {
  if (!namesIn(side).some((name) => isStepped(name, "*", writes))) return false;
  return isSettled(other) && namesIn(other).every((name) => !writes.writes.has(name));
}
