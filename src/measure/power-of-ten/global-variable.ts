import { isEcmaScript, type Language } from "../language.js";
import { below, boundNames, childOf, type Piece } from "./piece.js";
import { isCFamily } from "./rule.js";

/** Nodes that hold declarations of the file without being functions. */
const HOLDERS =
  /^(?:preproc_|linkage_specification|namespace_definition|declaration_list|class_body|class_declaration|mod_item|ExportNamedDeclaration)/;

/** The mutable variables of a file by name, with the pieces that declare them (p10-6-scope). */
export function mutableGlobals(root: Piece, language: Language, text: string): Map<string, Piece> {
  const found = new Map<string, Piece>();
  for (const piece of below(root, ({ type }) => HOLDERS.test(type)))
    for (const name of declaredBy(piece, language, text)) if (!found.has(name)) found.set(name, piece);
  return found;
}

function declaredBy(piece: Piece, language: Language, text: string): string[] {
  if (isEcmaScript(language)) return moduleVariables(piece);
  if (isCFamily(language)) return piece.type === "declaration" ? fileVariables(piece) : [];
  if (language === "python") return piece.kind === "block" ? moduleAssignments(piece) : [];
  return OTHERS[piece.type]?.(piece, text) ?? [];
}

function moduleVariables(piece: Piece): string[] {
  if (piece.type !== "VariableDeclaration" || piece.op === "const" || /using/.test(piece.op)) return [];
  return piece.children.flatMap((child) => boundNames(childOf(child, "id") ?? child));
}

/** In Python what a function sets by `global`. */
function moduleAssignments(root: Piece): string[] {
  const statements = root.children.flatMap(({ children }) => children);
  return statements.filter(({ kind }) => kind === "assign").flatMap((one) => boundNames(childOf(one, "left") ?? one));
}

/** Neither constants, nor what is declared elsewhere, nor functions. */
function fileVariables(declaration: Piece): string[] {
  const words = declaration.children.filter(({ type }) => /^(?:storage_class_specifier|type_qualifier)$/.test(type));
  if (words.some(({ name }) => /^(?:extern|typedef|constexpr)$/.test(name))) return [];
  const constant = words.some(({ name }) => name === "const");
  const declarators = declaration.children.filter(({ role }) => role === "declarator");
  return declarators.filter((one) => isVariable(one) && !(constant && isFixed(one))).flatMap(boundNames);
}

/** A prototype is none; a pointer to a function is. */
function isVariable(declarator: Piece): boolean {
  const inner = below(declarator, ({ role }) => role === "declarator").find(
    ({ type }) => type === "function_declarator",
  );
  return inner === undefined || childOf(inner, "declarator")?.type === "parenthesized_declarator";
}

/** `const char *p` can be set to point elsewhere, `const char *const p` cannot. */
function isFixed(declarator: Piece): boolean {
  const pointers = below(declarator, ({ role }) => role === "declarator").filter(
    ({ type }) => type === "pointer_declarator",
  );
  return pointers.every(({ children }) =>
    children.some(({ type, name }) => type === "type_qualifier" && name === "const"),
  );
}

const OTHERS: Readonly<Record<string, (piece: Piece, text: string) => string[]>> = {
  var_declaration: (piece) =>
    below(piece)
      .filter(({ type }) => type === "var_spec")
      .flatMap(boundNames)
      .filter((name) => name !== "_"),
  static_item: (piece) =>
    piece.children.some(({ type }) => type === "mutable_specifier") ? [childOf(piece, "name")?.name ?? ""] : [],
  field_declaration: (piece, text) => {
    const modifiers = piece.children.find(({ type }) => type === "modifiers");
    const words = modifiers === undefined ? "" : text.slice(modifiers.start, modifiers.end);
    if (!/\bstatic\b/.test(words) || /\bfinal\b/.test(words)) return [];
    return piece.children.filter(({ role }) => role === "declarator").flatMap(boundNames);
  },
};
