import { childOf, type Piece, unwrap } from "./piece.js";

/** The expressions among these pieces whose value nobody looks at: statements, parts of them, steps of a loop. */
export function discarded(pieces: readonly Piece[]): Set<Piece> {
  const found = new Set<Piece>();
  const open = pieces.flatMap((piece) => startsOf(piece));
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const inner = unwrap(at);
    found.add(inner);
    open.push(...yielding(inner));
  }
  return found;
}

/** Of a loop its header's first and last part, which are run for what they do. */
function startsOf(piece: Piece): Piece[] {
  if (piece.kind === "statement") return piece.children.slice(0, 1);
  if (piece.kind !== "loop") return [];
  return piece.children.filter(({ role, kind }) => HEADERS.has(role) && kind !== "bind" && kind !== "other");
}

const HEADERS: ReadonlySet<string> = new Set(["init", "update"]);

/** The parts whose value an expression has: the sides of a choice, the last of `&&`, every part of a sequence. */
function yielding(piece: Piece): Piece[] {
  if (SEQUENCES.has(piece.type)) return [...piece.children];
  if (piece.kind === "and" || piece.kind === "or" || piece.op === "??") return piece.children.slice(-1);
  if (piece.type !== "ConditionalExpression" && piece.type !== "conditional_expression") return [];
  return [childOf(piece, "then"), childOf(piece, "else")].filter((one) => one !== undefined);
}

const SEQUENCES: ReadonlySet<string> = new Set(["SequenceExpression", "comma_expression"]);
