import type { Piece } from "../piece.js";
import type { Effort } from "./loop-bound.js";

/** Where the jumps of a function stand. */
export interface JumpPlaces {
  /** The innermost block around a jump that a label is in as well; undefined where none is, or the effort is spent. */
  readonly blockAround: (jump: Piece, label: Piece) => Piece | undefined;
  /** The innermost branch around a jump that begins at an offset or after it. */
  readonly branchAround: (jump: Piece, from: number) => Piece | undefined;
}

/** Looks through a function's pieces once; how deep a jump stands costs effort at each look. */
export function jumpPlaces(own: readonly Piece[], effort: Effort): JumpPlaces {
  const places = placesOf(own);
  const innermost = (jump: Piece, isOne: (piece: Piece) => boolean): Piece | undefined => {
    let at = places.get(jump);
    for (; at !== undefined && effort.left > 0 && !isOne(at); at = places.get(at)) effort.left -= 1;
    return effort.left > 0 ? at : undefined;
  };
  return {
    blockAround: (jump, label) =>
      innermost(jump, ({ kind, start, end }) => kind === "block" && start <= label.start && label.end <= end),
    branchAround: (jump, from) => {
      const branch = innermost(jump, ({ kind }) => kind === "branch");
      return branch !== undefined && branch.start >= from ? branch : undefined;
    },
  };
}

/** For each jump the block or branch right around it, and for each of these the one around that. */
function placesOf(own: readonly Piece[]): ReadonlyMap<Piece, Piece> {
  const places = new Map<Piece, Piece>();
  const open: Piece[] = [];
  for (const piece of own) {
    if (!PLACED.has(piece.kind)) continue;
    while ((open.at(-1)?.end ?? Number.POSITIVE_INFINITY) <= piece.start) open.pop();
    const around = open.at(-1);
    if (around !== undefined) places.set(piece, around);
    if (piece.kind !== "jump") open.push(piece);
  }
  return places;
}

const PLACED: ReadonlySet<string> = new Set(["block", "branch", "jump"]);

/** The children of a piece that start from one offset on and before another; they are in the order of the text. */
export function childrenBetween({ children }: Piece, from: number, before: number): Piece[] {
  return children.slice(firstFrom(children, from), firstFrom(children, before));
}

/** The first of some pieces in the order of the text that starts at an offset or after it. */
export function firstFrom(pieces: readonly Piece[], offset: number): number {
  let low = 0;
  let high = pieces.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((pieces[middle] as Piece).start < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
