import { below, childOf, type Piece } from "../piece.js";
import { LABELLED, type LoopPart, type LoopParts, partsOfBody } from "./loop-part.js";

/** Pieces that run in every round: the header's, and those of the body that stand under no branch or loop. */
export function everyRound(loop: Piece, parts: LoopParts): Set<Piece> {
  const header = loop.children.filter(({ role }) => role !== "init" && role !== "body");
  const found = new Set(header.flatMap((child) => below(child)));
  const body = childOf(loop, "body");
  if (body === undefined) return found;
  const end = firstContinue(body, partsOfBody(body, parts));
  for (const piece of below(body, (at) => !stops(at))) {
    if (piece.start > end) break;
    if (!stops(piece)) found.add(piece);
    if (piece.kind === "branch") addCondition(piece, found);
  }
  return found;
}

/** Where what follows may be passed over; a `continue` of a loop within is its own unless it names a label. */
function firstContinue(body: Piece, parts: readonly LoopPart[]): number {
  const skips = parts.some(({ holdsFunction }) => holdsFunction) ? skipsPast(body) : skipsAmong(body, parts);
  return skips.reduce((first, { start }) => Math.min(first, start), Number.POSITIVE_INFINITY);
}

/** What passes over the rest of a body that holds no function. */
function skipsAmong(body: Piece, parts: readonly LoopPart[]): Piece[] {
  const jumps = parts.flatMap((part) => part.jumps);
  const continues = parts.flatMap((part) => part.continues);
  const inner =
    continues.length === 0 ? [] : outermost(parts.flatMap(({ loops }) => loops.filter((one) => one !== body)));
  const own = continues.filter((one) => one.children.length > 0 || !inner.some((loop) => holds(loop, one)));
  const labels = jumps.length === 0 ? [] : parts.flatMap((part) => part.labels);
  return [...own, ...skipsWithin(jumps, labels)];
}

function holds({ start, end }: Piece, inner: Piece): boolean {
  return start <= inner.start && inner.end <= end;
}

/** What passes over the rest of a body, without what functions in it do. */
function skipsPast(body: Piece): Piece[] {
  const parts = below(body, ({ kind }) => kind !== "function");
  const own = below(body, (at) => !isLoop(at) && at.kind !== "function");
  const labelled = outermost(parts.filter(isLoop)).flatMap((one) =>
    below(one).filter(({ children }) => children.length > 0),
  );
  const continues = [...own, ...labelled].filter(({ type }) => /^continue/i.test(type));
  const labels = parts.filter(({ type }) => LABELLED.has(type));
  return [...continues, ...skipsWithin(parts, labels)];
}

/** Those, in the order of the text, that none before them holds. */
function outermost(pieces: readonly Piece[]): Piece[] {
  let end = Number.NEGATIVE_INFINITY;
  return pieces.filter((piece) => {
    if (piece.start < end) return false;
    end = piece.end;
    return true;
  });
}

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

/** Where what follows in a body may be passed over by a jump within it: to a label, or out of a block. */
function skipsWithin(parts: readonly Piece[], labelled: readonly Piece[]): Piece[] {
  const labels = new Map(labelled.map((piece) => [labelOf(piece), piece]));
  if (labels.size === 0) return [];
  return parts.filter((piece) => {
    const label = labels.get(piece.children.find(({ kind }) => kind === "name")?.name ?? "");
    if (label === undefined) return false;
    return piece.kind === "jump" || (piece.type === "BreakStatement" && !label.children.some(isLoop));
  });
}

function isLoop({ kind }: Piece): boolean {
  return kind === "loop" || kind === "each";
}

function labelOf(piece: Piece): string {
  return childOf(piece, "label")?.name ?? "";
}
