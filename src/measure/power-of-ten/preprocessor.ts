import { lineAt, lineTable } from "../line-table.js";
import type { FileFact, HiddenFact } from "./fact.js";
import { below, childOf, type Piece } from "./piece.js";

/** Names a macro may call that are looked at. */
const MAX_CALLS_A_MACRO = 200;

/** The macros of a file in C or C++ with what they call and hide, and the functions it only declares. */
export function readDeclarations(
  root: Piece,
  text: string,
): Pick<FileFact, "macros" | "hidden" | "prototypes" | "withdrawn"> {
  const macros = new Map<string, string[]>();
  const hidden = new Map<string, HiddenFact[]>();
  const prototypes = new Map<string, boolean>();
  const withdrawn = new Map<string, number>();
  const table = lineTable(text);
  for (const piece of below(root, ({ type }) => HOLDERS.test(type))) {
    if (/^preproc_(?:function_)?def$/.test(piece.type)) {
      addTo(macros, piece, calledIn(piece, text));
      addTo(hidden, piece, hiddenIn(piece, text));
    }
    if (piece.type === "preproc_call") withdrawn.set(withdrawnBy(piece), lineAt(table, piece.start));
    if (piece.type === "declaration") {
      notePrototype(piece, prototypes, text);
      noteAlias(piece, macros, text);
    }
  }
  return { macros, hidden, prototypes, withdrawn };
}

/** A macro may be defined in several ways: any of them may be the one that holds. */
function addTo<T>(map: Map<string, T[]>, piece: Piece, facts: readonly T[]): void {
  const name = childOf(piece, "name")?.name ?? "";
  const known = map.get(name);
  if (known === undefined) map.set(name, [...facts]);
  else known.push(...facts);
}

function withdrawnBy(directive: Piece): string {
  return childOf(directive, "directive")?.name === "#undef" ? (childOf(directive, "argument")?.name.trim() ?? "") : "";
}

const HOLDERS =
  /^(?:preproc_|linkage_specification|namespace_definition|declaration_list|function_definition|compound_statement)/;

function valueOf(piece: Piece, text: string): string {
  const value = childOf(piece, "value");
  return value === undefined ? "" : text.slice(value.start, value.end).trim();
}

/** What a macro calls: names before a bracket, the one name it stands for, and words that look like other macros. */
function calledIn(piece: Piece, text: string): string[] {
  const names = [...valueOf(piece, text).matchAll(/\b([A-Za-z_]\w*)\s*\(|^([A-Za-z_]\w*)$|\b([A-Z][A-Z0-9_]*)\b/g)];
  return [...new Set(names.map((hit) => hit[1] ?? hit[2] ?? hit[3] ?? ""))].slice(0, MAX_CALLS_A_MACRO);
}

/** What the text of a macro does where it is used. */
function hiddenIn(piece: Piece, text: string): HiddenFact[] {
  const value = valueOf(piece, text);
  const pasted = /##|%:%:/.test(value) ? PASTED : [];
  return [...pasted, ...HIDDEN.flatMap(({ pattern, ...fact }) => (pattern.test(value) ? [fact] : []))];
}

/** Words made of two pieces may be any word. */
const PASTED: readonly HiddenFact[] = (
  ["p10-1-jump", "p10-1-recursion", "p10-2-loop-bound", "p10-3-alloc-after-init"] as const
).map((rule) => ({ rule, verdict: "unknown", what: "pastes words: what it makes of them is not known" }));

const HIDDEN: readonly (HiddenFact & { readonly pattern: RegExp })[] = [
  { rule: "p10-1-jump", verdict: "fail", what: "jumps", pattern: /\bgoto\b|\b(?:_|sig|__sig)?(?:set|long)jmp\s*\(/ },
  {
    rule: "p10-2-loop-bound",
    verdict: "fail",
    what: "loops without a bound",
    pattern: /\bfor\s*\([^;()]*;\s*;|\bwhile\s*\(\s*(?:1|true)\s*\)/,
  },
  {
    rule: "p10-2-loop-bound",
    verdict: "unknown",
    what: "loops",
    pattern: /\bfor\s*\([^;()]*;\s*[^;\s]|\bwhile\s*\(\s*(?!(?:0|1|true|false)\s*\))/,
  },
  {
    rule: "p10-3-alloc-after-init",
    verdict: "fail",
    what: "allocates",
    pattern: /\b(?:__builtin_)?(?:malloc|calloc|realloc|reallocarray|aligned_alloc|alloca|strdup|strndup|asprintf)\b/,
  },
  { rule: "p10-9-pointer", verdict: "unknown", what: "follows pointers", pattern: /->\s*\w+\s*->|\*\s*\*\s*\w/ },
];

function notePrototype(piece: Piece, prototypes: Map<string, boolean>, text: string): void {
  const name = declaredFunction(piece);
  if (name === undefined) return;
  const before = text.slice(piece.start, name.start);
  if (!isMacroUse(before, name.name)) prototypes.set(name.name, isVoid(before));
}

/** `IGNORE_BEGIN` and, on the next line, `USE (x);` look like a function of that name and type. */
function isMacroUse(before: string, name: string): boolean {
  return MACROS.test(name) && MACROS.test(before.trim());
}

const MACROS = /^[A-Z][A-Z0-9_]*(?:\s+[A-Z][A-Z0-9_]*)*$/;

/** `int g(void) __attribute__((alias("f")))`: who calls `g` calls `f`. */
function noteAlias(piece: Piece, macros: Map<string, string[]>, text: string): void {
  const target = /\balias\s*\(\s*"(\w+)"/.exec(text.slice(piece.start, piece.end))?.[1];
  const name = declaredFunction(piece)?.name;
  if (target !== undefined && name !== undefined) macros.set(name, [target]);
}

/** The name of the function that a declaration or definition declares. */
function declaredFunction(piece: Piece): Piece | undefined {
  const declarators = below(piece, ({ role }) => role === "declarator");
  const inner = declarators.find(({ type }) => type === "function_declarator");
  const name = inner === undefined ? undefined : childOf(inner, "declarator");
  return name?.kind === "name" ? name : undefined;
}

/** Whether a function of C returns nothing; undefined where its text does not say. */
export function declaresVoid(piece: Piece, text: string): boolean | undefined {
  if (piece.type !== "function_definition") return undefined;
  const name = declaredFunction(piece);
  return name === undefined ? undefined : isVoid(text.slice(piece.start, name.start));
}

/** What stands before a function's name: `void`, not `void *`; attributes and macros may stand around it. */
function isVoid(before: string): boolean {
  return /\bvoid\b/.test(before) && !before.includes("*");
}
