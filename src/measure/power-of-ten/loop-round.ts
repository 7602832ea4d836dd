import { below, childOf, type Piece } from "./piece.js";

/** Pieces that run in every round: the header's, and those of the body that stand under no branch or loop. */
export function everyRound(loop: Piece): Set<Piece> {
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
