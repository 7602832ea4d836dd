import { boundNames, type Piece } from "../piece.js";
import type { Unit } from "../unit.js";

/** Pieces of a function by the names they declare or set, in the order of the text. */
type ByName = ReadonlyMap<string, readonly Piece[]>;

const NONE: readonly Piece[] = [];
const declaring = new WeakMap<Unit, ByName>();
const typing = new WeakMap<Unit, ByName>();

/** Where a function declares a name or sets it anew: variables, parameters, assignments that bind. */
export function declaringPieces(name: string, unit: Unit): readonly Piece[] {
  return indexOf(unit, declaring, isDeclaring).get(name) ?? NONE;
}

/** Where a function says what type a name has. */
export function typingPieces(name: string, unit: Unit): readonly Piece[] {
  return indexOf(unit, typing, isTyping).get(name) ?? NONE;
}

function indexOf(unit: Unit, known: WeakMap<Unit, ByName>, isOne: (piece: Piece) => boolean): ByName {
  const found = known.get(unit) ?? readIndex(unit, isOne);
  known.set(unit, found);
  return found;
}

/** The names of a function are asked for loop by loop: its pieces are gone through once for all of them. */
function readIndex({ own }: Unit, isOne: (piece: Piece) => boolean): ByName {
  const found = new Map<string, Piece[]>();
  for (const piece of own)
    if (isOne(piece))
      for (const name of new Set([...boundNames(piece), piece.name])) {
        const listed = found.get(name);
        if (listed === undefined) found.set(name, [piece]);
        else listed.push(piece);
      }
  return found;
}

function isDeclaring({ kind, role, type }: Piece): boolean {
  return kind === "bind" || role === "parameter" || type === "assignment" || type.includes("parameter");
}

function isTyping({ kind, role, type }: Piece): boolean {
  return (
    (kind === "bind" && type !== "variable_declarator") ||
    role === "parameter" ||
    type.includes("parameter") ||
    type === "local_variable_declaration"
  );
}
