/** What a piece of a program is to the Power of Ten, whatever its language. */
export type PieceKind =
  | "function"
  | "class"
  | "loop"
  | "each"
  | "branch"
  | "leave"
  | "jump"
  | "call"
  | "assign"
  | "step"
  | "compare"
  | "and"
  | "or"
  | "not"
  | "name"
  | "member"
  | "literal"
  | "block"
  | "statement"
  | "bind"
  | "group"
  | "assert"
  | "other";

/**
 * A node of a syntax tree, alike for every language, so that each rule is written once. Offsets are UTF-16 units.
 */
export interface Piece {
  readonly kind: PieceKind;
  /** The node's type in its own grammar. */
  readonly type: string;
  /** What it is to its parent: `condition`, `body`, `callee`, … ; its grammar's own word where the rules need none. */
  readonly role: string;
  readonly start: number;
  readonly end: number;
  /** Its operator or modifier (`+=`, `async`, `let`, `new`); empty where it has none. */
  op: string;
  /** Text of names, members and literals without white space; empty for what is long. */
  name: string;
  readonly children: Piece[];
}

/** A piece like another. V8 gives what a spread makes a shape of its own, and what reads pieces is then compiled anew for each. */
export function pieceLike({ kind, type, role, start, end, op, name, children }: Piece): Piece {
  return { kind, type, role, start, end, op, name, children };
}

/** Type of a piece that the grammar asked for and the text does not have. */
export const MISSING = "MISSING";

/** Longest text a piece keeps as its name (UTF-16 units). */
export const MAX_PIECE_NAME = 160;

/** The first child with this role. */
export function childOf({ children }: Piece, role: string): Piece | undefined {
  for (let at = 0; at < children.length; at += 1) if (children[at]?.role === role) return children[at];
  return undefined;
}

/** What brackets hold: a piece without the brackets around it. */
export function unwrap(piece: Piece): Piece {
  let at = piece;
  while (at.kind === "group" && at.children.length === 1) at = at.children[0] as Piece;
  return at;
}

/** A piece and everything below it, in the order of the text; `enter` says below which pieces to look. */
export function below(root: Piece, enter?: (piece: Piece) => boolean): Piece[] {
  if (root.children.length === 0) return [root];
  const found: Piece[] = [];
  const open = [root];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    found.push(at);
    if (enter === undefined || at === root || enter(at)) pushReversed(open, at.children);
  }
  return found;
}

/** What is found at the pieces at which there is something. */
export function foundAt<T>(pieces: readonly Piece[], look: (piece: Piece) => T | undefined): T[] {
  const found: T[] = [];
  for (const piece of pieces) {
    const one = look(piece);
    if (one !== undefined) found.push(one);
  }
  return found;
}

/** Lines children up so that the first comes off first. */
export function pushReversed<T>(open: T[], items: readonly T[]): void {
  for (let index = items.length - 1; index >= 0; index -= 1) open.push(items[index] as T);
}

/** Puts a piece into the innermost one around it, in the order of the text. */
export function insertPiece(root: Piece, piece: Piece): void {
  const holds = ({ start, end }: Piece): boolean => start <= piece.start && piece.end <= end;
  let around = root;
  for (let inner: Piece | undefined = root; inner !== undefined; inner = around.children.find(holds)) around = inner;
  const after = around.children.findIndex(({ start }) => start >= piece.end);
  around.children.splice(after === -1 ? around.children.length : after, 0, piece);
}

const VALUES: ReadonlySet<string> = new Set([
  "value",
  "right",
  "parameters",
  "size",
  "initializer",
  "type",
  "default_value",
  "init",
  "iterable",
  "key",
  "body",
]);

/** Names that a declaration, parameter or pattern binds. */
export function boundNames(piece: Piece): string[] {
  const names: string[] = [];
  const open = [piece];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const isValue = VALUES.has(at.role);
    if (at.kind === "name" && !isValue) names.push(at.name);
    if (!isValue || at === piece) pushReversed(open, at.children);
  }
  return names;
}
