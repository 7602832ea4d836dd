import { COMMENT, LITERAL } from "../tree/c-lexis.js";
import { below, childOf, type Piece } from "./piece.js";

/** What C and C++ say of pointers where they declare: one to a function, one that a type's or a macro's name hides. */
export function declaredPointer(piece: Piece, text: string): string | undefined {
  const judge = JUDGES.get(piece.type);
  return judge?.test(piece, text) === true ? judge.message : undefined;
}

/** `int (*f)(int)`, `int (A::*f)()`, `int (*f[2])(int)`: what the brackets before the arguments hold is a pointer. */
function isPointed(declarator: Piece): boolean {
  const named = childOf(declarator, "declarator");
  if (named === undefined || !named.type.endsWith("parenthesized_declarator")) return false;
  return below(named, ({ type }) => type !== "parameter_list").some(({ type }) => POINTERS.test(type));
}

const POINTERS = /(?:^|_)pointer_(?:type_)?declarator$/;

/** `void f(int g(int))` declares a pointer as well. */
function takesFunction(parameter: Piece): boolean {
  const declarator = childOf(parameter, "declarator");
  return declarator?.type === "function_declarator" && childOf(declarator, "declarator")?.kind === "name";
}

/** `typedef char *text`; one to a function is found by itself. */
function hidesInType(definition: Piece): boolean {
  const declared = [...definition.children, ...(childOf(definition, "type")?.children ?? [])];
  return declared.some(({ role, type }) => role === "declarator" && POINTERS.test(type));
}

function hidesInMacro(macro: Piece, text: string): boolean {
  const value = childOf(macro, "value");
  return value !== undefined && FOLLOWING.test(withoutText(text.slice(value.start, value.end)));
}

/** An arrow, or a star where no product, declaration or cast can have one. */
const FOLLOWING = /->|(?:^|\(|=|\breturn|[-+!&|?;{])\s*\*[\s*]*(?:\(\s*)?[A-Za-z_]\w*(?!\w|\)\s*\()/;

const FUNCTION = "declares a pointer to a function";
const TYPE = "hides a pointer behind the name of a type";
const MACRO = "hides behind a macro that a pointer is followed";

const JUDGES: ReadonlyMap<string, { test: (piece: Piece, text: string) => boolean; message: string }> = new Map([
  ["function_declarator", { test: isPointed, message: FUNCTION }],
  ["abstract_function_declarator", { test: isPointed, message: FUNCTION }],
  ["parameter_declaration", { test: takesFunction, message: FUNCTION }],
  ["type_definition", { test: hidesInType, message: TYPE }],
  ["alias_declaration", { test: hidesInType, message: TYPE }],
  ["preproc_def", { test: hidesInMacro, message: MACRO }],
  ["preproc_function_def", { test: hidesInMacro, message: MACRO }],
]);

/** A macro's text without comments, and without what strings and characters hold. */
export function withoutText(source: string): string {
  return source.replace(TEXT_OR_COMMENT, '""');
}

const TEXT_OR_COMMENT = new RegExp(`${LITERAL}|${COMMENT}`, "g");
