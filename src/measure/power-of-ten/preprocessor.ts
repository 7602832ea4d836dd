import { lineAt, lineTable } from "../line-table.js";
import type { FileFact } from "./fact.js";
import { below, childOf, type Piece } from "./piece.js";

/** Names a macro may call that are looked at. */
const MAX_CALLS_A_MACRO = 200;

/** The function-like macros of a file in C or C++ with what they call, and the functions it only declares. */
export function readDeclarations(root: Piece, text: string): Pick<FileFact, "macros" | "prototypes" | "withdrawn"> {
  const macros = new Map<string, readonly string[]>();
  const prototypes = new Map<string, boolean>();
  const withdrawn = new Map<string, number>();
  const table = lineTable(text);
  for (const piece of below(root, ({ type }) => HOLDERS.test(type))) {
    if (piece.type === "preproc_function_def") macros.set(childOf(piece, "name")?.name ?? "", calledIn(piece, text));
    if (piece.type === "preproc_call") withdrawn.set(withdrawnBy(piece), lineAt(table, piece.start));
    if (piece.type === "declaration") notePrototype(piece, prototypes, text);
  }
  return { macros, prototypes, withdrawn };
}

function withdrawnBy(directive: Piece): string {
  return childOf(directive, "directive")?.name === "#undef" ? (childOf(directive, "argument")?.name.trim() ?? "") : "";
}

const HOLDERS = /^(?:preproc_|linkage_specification|namespace_definition|declaration_list)/;

function calledIn(piece: Piece, text: string): string[] {
  const value = childOf(piece, "value");
  if (value === undefined) return [];
  const names = [...text.slice(value.start, value.end).matchAll(/\b([A-Za-z_]\w*)\s*\(/g)].map((hit) => hit[1] ?? "");
  return [...new Set(names)].slice(0, MAX_CALLS_A_MACRO);
}

function notePrototype(piece: Piece, prototypes: Map<string, boolean>, text: string): void {
  const name = declaredFunction(piece);
  if (name !== undefined) prototypes.set(name.name, isVoid(text.slice(piece.start, name.start)));
}

/** The name of the function that a declaration or definition declares. */
function declaredFunction(piece: Piece): Piece | undefined {
  const declarators = below(piece, ({ role }) => role === "declarator");
  const inner = declarators.find(({ type }) => type === "function_declarator");
  const name = inner === undefined ? undefined : childOf(inner, "declarator");
  return name?.kind === "name" ? name : undefined;
}

/** Whether a function of C returns nothing; undefined where its text does not say. */
export function returnsNothing(piece: Piece, text: string): boolean | undefined {
  if (piece.type !== "function_definition") return undefined;
  const name = declaredFunction(piece);
  return name === undefined ? undefined : isVoid(text.slice(piece.start, name.start));
}

/** What stands before a function's name: `void`, not `void *`; attributes and macros may stand around it. */
function isVoid(before: string): boolean {
  return /\bvoid\b/.test(before) && !before.includes("*");
}
