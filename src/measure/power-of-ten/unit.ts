import type { Language } from "../language.js";
import type { Piece } from "./piece.js";
import { below, boundNames, childOf, pushReversed } from "./piece.js";

/** A function, or the file around its functions, with the pieces that are its own. */
export interface Unit {
  readonly piece: Piece;
  /** What encloses it; null for the file. */
  readonly parent: Unit | null;
  /** Its pieces in the order of the text; nested functions are among them, what they hold is not. */
  readonly own: Piece[];
  /** Which function of the file's measure it is; -1 for the file, and for what the measure does not list. */
  index: number;
  /** Names it binds: parameters and variables, not functions. */
  readonly locals: Set<string>;
}

/** The file and its functions, outermost first; in Python an assignment binds as well. */
export function splitUnits(root: Piece, language: Language): Unit[] {
  const units: Unit[] = [newUnit(root, null)];
  const isPython = language === "python";
  const open = [root];
  const around = [units[0] as Unit];
  for (let piece = open.pop(); piece !== undefined; piece = open.pop()) {
    const outer = around.pop() as Unit;
    const unit = piece.kind === "function" ? newUnit(piece, outer) : outer;
    outer.own.push(piece);
    if (unit !== outer) units.push(unit);
    if (binds(piece, isPython)) for (const name of namesBoundBy(piece, language)) unit.locals.add(name);
    pushReversed(open, piece.children);
    for (let child = 0; child < piece.children.length; child += 1) around.push(unit);
  }
  return units;
}

function binds({ role, kind, children }: Piece, python: boolean): boolean {
  return BINDING_ROLES.has(role) || kind === "bind" || (python && kind === "assign" && setsName(children));
}

/** In C `int g(void);` within a function declares a function, and binds nothing. */
function namesBoundBy(piece: Piece, language: Language): string[] {
  const bound = boundNames(binderOf(piece));
  if (language !== "c" || piece.type !== "declaration") return bound;
  const functions = below(piece)
    .filter(({ type }) => type === "function_declarator")
    .map((declarator) => childOf(declarator, "declarator"));
  return bound.filter((name) => !functions.some((one) => one?.kind === "name" && one.name === name));
}

/** `a.b = c` and `a[b] = c` change what `a` holds, and bind nothing. */
function setsName([left]: readonly Piece[]): boolean {
  return left?.kind !== "member";
}

const BINDING_ROLES: ReadonlySet<string> = new Set(["parameters", "parameter", "param"]);

function newUnit(piece: Piece, parent: Unit | null): Unit {
  return { piece, parent, own: [], index: -1, locals: new Set() };
}

/** The part of a binding that names what it binds. */
function binderOf(piece: Piece): Piece {
  if (piece.kind !== "bind" && piece.kind !== "assign") return piece;
  return childOf(piece, "id") ?? childOf(piece, "left") ?? childOf(piece, "pattern") ?? piece;
}

/** Whether no function around binds the name. */
export function isShared(unit: Unit, name: string): boolean {
  for (let at = unit; at.parent !== null; at = at.parent) if (at.locals.has(name)) return false;
  return true;
}
