import { isEcmaScript, type Language } from "../language.js";
import { below, boundNames, childOf, type Piece } from "./piece.js";
import { isCFamily } from "./rule.js";

/** Nodes that hold declarations of the file without being functions. */
const HOLDERS =
  /^(?:preproc_|linkage_specification|namespace_definition|declaration_list|class_body|class_declaration|class_specifier|struct_specifier|field_declaration_list|mod_item|expression_statement|ExportNamedDeclaration|TSModule)/;

/**
 * What the whole file sees and a call of which runs what it holds: variables, constants too, that are no functions and
 * nothing imported; in C also those of other files.
 */
export function calledVariables(root: Piece, language: Language): string[] {
  return below(root, ({ type }) => HOLDERS.test(type)).flatMap((piece) => {
    if (piece.type === "VariableDeclaration") return piece.children.filter((one) => !isMade(one)).flatMap(boundNames);
    if (piece.type === "static_item" || piece.type === "const_item") return [childOf(piece, "name")?.name ?? ""];
    const isOthers = isCFamily(language) && piece.type === "declaration";
    return isOthers
      ? piece.children.filter((one) => one.role === "declarator" && isVariable(one)).flatMap(boundNames)
      : [];
  });
}

/** Whether a constant is a function or a class written in place, or what a module gives. */
function isMade(declarator: Piece): boolean {
  const init = childOf(declarator, "init");
  if (init?.kind === "function" || init?.kind === "class") return true;
  return init?.kind === "call" && childOf(init, "callee")?.name === "require";
}

/** The mutable variables of a file by name, with the pieces that declare them (p10-6-scope). */
export function mutableGlobals(root: Piece, language: Language, text: string): Map<string, Piece> {
  const found = new Map<string, Piece>();
  for (const piece of below(root, ({ type }) => HOLDERS.test(type)))
    for (const name of declaredBy(piece, language, text)) if (!found.has(name)) found.set(name, piece);
  return found;
}

function declaredBy(piece: Piece, language: Language, text: string): string[] {
  if (isEcmaScript(language)) return moduleVariables(piece);
  if (language === "python") return piece.kind === "block" ? moduleAssignments(piece) : [];
  return (isCFamily(language) ? DECLARED_IN_C : OTHERS)[piece.type]?.(piece, text) ?? [];
}

const DECLARED_IN_C: Readonly<Record<string, (piece: Piece, text: string) => string[]>> = {
  declaration: fileVariables,
  /** A member that is defined where it stands; one that is defined outside is found there. */
  field_declaration: (piece) =>
    wordsOf(piece).includes("static") && wordsOf(piece).includes("inline") ? variablesOf(piece) : [],
};

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
  return wordsOf(declaration).some((word) => /^(?:extern|typedef)$/.test(word)) ? [] : variablesOf(declaration);
}

/** The variables that a declaration of C or C++ declares and that can be set. */
export function variablesOf(declaration: Piece): string[] {
  const words = wordsOf(declaration);
  if (words.includes("constexpr")) return [];
  const constant = words.includes("const");
  const declarators = declaration.children.filter(({ role }) => role === "declarator");
  return declarators.filter((one) => isVariable(one) && !(constant && isFixed(one))).flatMap(boundNames);
}

/** `static`, `extern`, `const` and the like before a declaration. */
export function wordsOf(declaration: Piece): string[] {
  const words = declaration.children.filter(({ type }) => /^(?:storage_class_specifier|type_qualifier)$/.test(type));
  return words.map(({ name }) => name);
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

/** Types of Rust through which a constant can be changed. */
const INNER_MUTABLE = /\b(?:Mutex|RwLock|Atomic\w+|Cell|RefCell|UnsafeCell|OnceCell|OnceLock|LazyCell|LazyLock|Lazy)\b/;

const OTHERS: Readonly<Record<string, (piece: Piece, text: string) => string[]>> = {
  var_declaration: (piece) =>
    below(piece)
      .filter(({ type }) => type === "var_spec")
      .flatMap(boundNames)
      .filter((name) => name !== "_"),
  macro_invocation: (piece) => {
    const name = childOf(piece, "callee")?.name ?? "";
    return /^(?:thread_local|lazy_static)$/.test(name) ? [`${name}!`] : [];
  },
  static_item: (piece, text) => {
    const isMutable = piece.children.some(({ type }) => type === "mutable_specifier");
    const { start, end } = childOf(piece, "type") ?? { start: 0, end: 0 };
    return isMutable || INNER_MUTABLE.test(text.slice(start, end)) ? [childOf(piece, "name")?.name ?? ""] : [];
  },
  field_declaration: (piece, text) => {
    const modifiers = piece.children.find(({ type }) => type === "modifiers");
    const words = modifiers === undefined ? "" : text.slice(modifiers.start, modifiers.end);
    if (!/\bstatic\b/.test(words) || /\bfinal\b/.test(words)) return [];
    return piece.children.filter(({ role }) => role === "declarator").flatMap(boundNames);
  },
};
