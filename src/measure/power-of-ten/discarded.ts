import { childOf, type Piece, unwrap } from "./piece.js";

/** The expressions among these pieces whose value nobody looks at: statements, parts of them, steps of a loop. */
export function discarded(pieces: readonly Piece[]): Set<Piece> {
  const found = new Set<Piece>();
  const open = pieces.filter(isStart).flatMap(startsOf);
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const inner = unwrap(at);
    found.add(inner);
    open.push(...yielding(inner));
  }
  return found;
}

function isStart({ kind, type }: Piece): boolean {
  return kind === "statement" || kind === "loop" || STARTED.has(type);
}

/** Of a loop its header's first and last part, which are run for what they do. */
function startsOf(piece: Piece): Piece[] {
  if (piece.kind !== "loop") return piece.children.slice(0, 1);
  return piece.children.filter(({ role, kind }) => HEADERS.has(role) && kind !== "bind" && kind !== "other");
}

/** Go runs what stands there, later or beside. */
const STARTED: ReadonlySet<string> = new Set(["defer_statement", "go_statement"]);
const HEADERS: ReadonlySet<string> = new Set(["init", "update"]);

/** The parts whose value an expression has: the sides of a choice, the last of `&&`, every part of a sequence. */
function yielding(piece: Piece): Piece[] {
  if (SEQUENCES.has(piece.type)) return [...piece.children];
  if (piece.kind === "and" || piece.kind === "or" || piece.op === "??") return piece.children.slice(-1);
  if (CASTS.has(piece.type)) return castIn(piece);
  return CHOICES.has(piece.type) ? sidesOf(piece) : [];
}

/** Python writes the condition between the two. */
function sidesOf(choice: Piece): Piece[] {
  const [first, , last] = choice.children;
  return present([childOf(choice, "then") ?? first, childOf(choice, "else") ?? last]);
}

function present(pieces: readonly (Piece | undefined)[]): Piece[] {
  return pieces.filter((one) => one !== undefined);
}

const CHOICES: ReadonlySet<string> = new Set(["ConditionalExpression", "conditional_expression"]);
/** What is cast to something else than `void` is discarded all the same; a list that is built for what it does, too. */
const CASTS: ReadonlySet<string> = new Set(["cast_expression", "list_comprehension"]);

function castIn(piece: Piece): Piece[] {
  return isToVoid(piece) ? [] : present([childOf(piece, "value") ?? childOf(piece, "body")]);
}

function isToVoid({ children: [type] }: Piece): boolean {
  return type?.children[0]?.name === "void" && type.children.length === 1;
}

const SEQUENCES: ReadonlySet<string> = new Set(["SequenceExpression", "comma_expression"]);
