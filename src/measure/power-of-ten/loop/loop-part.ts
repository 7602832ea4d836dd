import type { Piece } from "../piece.js";
import { type Writes, writesOf } from "./loop-write.js";

/** A piece that changes something or calls, with what it writes. */
export interface Changing {
  readonly piece: Piece;
  readonly writes: Writes;
}

/** What the judgement of a loop asks of one of its parts, with all that is below it; each in the order of the text. */
export interface LoopPart {
  /** How many pieces it is. */
  readonly size: number;
  readonly changing: readonly Changing[];
  /** Branches and calls: what may leave a loop. */
  readonly deciding: readonly Piece[];
  readonly continues: readonly Piece[];
  /** Jumps, and what breaks out of a block by its label. */
  readonly jumps: readonly Piece[];
  readonly labels: readonly Piece[];
  readonly loops: readonly Piece[];
  /** Whether a function stands in it: what that holds is not the loop's own, and is found only by going through it. */
  readonly holdsFunction: boolean;
}

/** Parts of the loops of one function by their pieces: a loop in a loop, and jumps to one label, share them. */
export type LoopParts = Map<Piece, LoopPart>;

/** What runs in the rounds of a loop; what stands between a label and a jump has no piece of its own. */
export function partsOf(loop: Piece, known: LoopParts): LoopPart[] {
  return loop.children
    .filter(({ role }) => role !== "init")
    .flatMap((child) => bodyParts(child))
    .map((piece) => partOf(piece, known));
}

/** The parts a body consists of. */
export function partsOfBody(body: Piece, known: LoopParts): LoopPart[] {
  return bodyParts(body).map((piece) => partOf(piece, known));
}

/** What a loop of the tree changes and calls, where it starts too. */
export function changingIn(loop: Piece, known: LoopParts): Changing[] {
  return loop.children.flatMap((child) => partOf(child, known).changing);
}

function bodyParts(piece: Piece): readonly Piece[] {
  return isMade(piece) ? piece.children : [piece];
}

/** Whether a piece stands for no node of the tree. */
export function isMade({ type }: Piece): boolean {
  return type === "";
}

function partOf(piece: Piece, known: LoopParts): LoopPart {
  const found = known.get(piece) ?? readPart(piece);
  known.set(piece, found);
  return found;
}

type Built = {
  -readonly [Key in keyof LoopPart]: LoopPart[Key] extends readonly (infer One)[] ? One[] : LoopPart[Key];
};

/** Goes through a part once for all that is asked of it. */
function readPart(root: Piece): LoopPart {
  const lists = { changing: [], deciding: [], continues: [], jumps: [], labels: [], loops: [] };
  const part: Built = { ...lists, size: 0, holdsFunction: false };
  const open = [root];
  for (let piece = open.pop(); piece !== undefined; piece = open.pop()) {
    part.size += 1;
    notePiece(part, piece);
    const { children } = piece;
    for (let at = children.length - 1; at >= 0; at -= 1) open.push(children[at] as Piece);
  }
  return part;
}

function notePiece(part: Built, piece: Piece): void {
  const { kind, type } = piece;
  const writes = writesOf(piece);
  if (writes.length > 0 || kind === "call" || kind === "assign") part.changing.push({ piece, writes });
  if (kind === "function") part.holdsFunction = true;
  const byKind = LISTED_KINDS.get(kind);
  if (byKind !== undefined) part[byKind].push(piece);
  const byType = listOf(type);
  if (byType !== undefined && byType !== byKind) part[byType].push(piece);
}

/** The list that pieces of a type are in. */
function listOf(type: string): "jumps" | "labels" | "continues" | undefined {
  if (CONTINUE_STARTS.has(type.charAt(0)) && CONTINUE.test(type)) return "continues";
  if (LABELLED.has(type)) return "labels";
  return type === "BreakStatement" ? "jumps" : undefined;
}

const LISTED_KINDS: ReadonlyMap<string, "deciding" | "loops" | "jumps"> = new Map([
  ["call", "deciding"],
  ["branch", "deciding"],
  ["loop", "loops"],
  ["each", "loops"],
  ["jump", "jumps"],
]);
/** Types of what has a label. */
export const LABELLED: ReadonlySet<string> = new Set(["labeled_statement", "LabeledStatement"]);
const CONTINUE = /^continue/i;
const CONTINUE_STARTS: ReadonlySet<string> = new Set(["c", "C"]);
