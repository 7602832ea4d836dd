import type { TreeLanguage } from "./tree-language.js";
import type { TreeNode } from "./tree-node.js";

/** What a function's node says of it, apart from what it holds. */
export interface FunctionHead {
  readonly name: string;
  readonly start: number;
  /** Where its own name stands, which its token hash leaves out; -1 where it has none. */
  readonly nameStart: number;
  readonly bodyStart: number;
  /** Offset before which its documentation stands. */
  readonly doc: number;
  readonly parameters: number;
  /** A documentation string at the beginning of its body. */
  readonly docstring: boolean;
  readonly anonymous: boolean;
}

/** Longest chain of declarators, wrappers and attributes that is followed. */
const MAX_STEPS = 200;
const ANONYMOUS = "<anonymous>";
const WHITE = /\s/;

/** Reads a function's head; undefined where the node declares without a body. */
export function readHead(node: TreeNode, text: string, language: TreeLanguage): FunctionHead | undefined {
  if (node.type === language.bodies?.type) return headOfBody(node);
  const body = bodyOf(node);
  return body === null ? undefined : headBefore(body, { node, text, language });
}

function headBefore(
  body: TreeNode,
  { node, text, language }: { node: TreeNode; text: string; language: TreeLanguage },
): FunctionHead {
  const anonymous = language.anonymous.has(node.type);
  const named = anonymous ? null : nameNode(node);
  return {
    name: named === null ? unnamed(node) : receiverOf(node) + plainName(named),
    start: node.startIndex,
    nameStart: named?.startIndex ?? -1,
    bodyStart: body.startIndex,
    doc: docStart(node, text, language),
    parameters: countParameters(node, language),
    docstring: hasDocstring(body),
    anonymous: anonymous || named === null,
  };
}

/**
 * Whether what looks like a function within a function is a block behind a macro (`FOR_EACH (i) {`), or one of a statement
 * of which the beginning could not be read. Such a block is part of what it stands in.
 */
export function isMacroBlock(node: TreeNode): boolean {
  return node.type === "function_definition" && (parameterList(node) === null || startsStatement(node));
}

/** Whether a statement was taken for a function's head: its own path is lost. */
export function startsStatement(node: TreeNode): boolean {
  return node.type === "function_definition" && STATEMENT_WORDS.has(nameNode(node)?.text ?? "");
}

const STATEMENT_WORDS: ReadonlySet<string> = new Set(["if", "for", "while", "switch", "do", "else"]);

/** The head that a macro makes, or none, before what the grammar takes for a block of its own: statements without an end. */
function headOfBody(body: TreeNode): FunctionHead {
  const start = startBefore(body);
  const rest = { start, bodyStart: body.startIndex, doc: start, docstring: false };
  const call = unendedBefore(body)?.firstNamedChild;
  const named = call?.type === "call_expression" ? call.childForFieldName("function") : null;
  if (named === null) return { ...rest, name: ANONYMOUS, nameStart: -1, parameters: 0, anonymous: true };
  const parameters = countArguments(call);
  return { ...rest, name: plainName(named), nameStart: named.startIndex, parameters, anonymous: false };
}

function countArguments(call: TreeNode | null | undefined): number {
  const given = call?.childForFieldName("arguments")?.namedChildren ?? [];
  return given.filter((one) => one?.isError === false).length;
}

/** Where the first of the statements without an end that stand right before a node starts. */
function startBefore(body: TreeNode): number {
  let first = body;
  let at = unendedBefore(body);
  for (let step = 0; step < MAX_STEPS && at !== null; step += 1) {
    first = at;
    at = unendedBefore(first);
  }
  return first.startIndex;
}

/** The statement right before a node, if it has no end of its own. */
function unendedBefore(node: TreeNode): TreeNode | null {
  const before = node.previousSibling;
  return before?.lastChild?.isMissing === true ? before : null;
}

/** The function that a declaration of C or C++ declares; undefined where it declares none. */
export function declaredName(node: TreeNode): string | undefined {
  const name = parameterList(node) === null ? null : nameNode(node);
  return name === null ? undefined : plainName(name);
}

function bodyOf(node: TreeNode): TreeNode | null {
  if (node.type === "static_initializer") return node.firstNamedChild;
  return node.childForFieldName("body") ?? node.namedChildren.find((child) => child?.type === "try_statement") ?? null;
}

function unnamed(node: TreeNode): string {
  return node.type === "static_initializer" ? "static" : ANONYMOUS;
}

/** The name itself; in C and C++ at the end of a chain of declarators. */
function nameNode(node: TreeNode): TreeNode | null {
  const own = node.childForFieldName("name");
  if (own !== null) return own;
  let at = node.childForFieldName("declarator");
  for (let step = 0; step < MAX_STEPS && at !== null; step += 1) {
    const inner: TreeNode | null =
      at.type === "operator_cast" ? null : (at.childForFieldName("declarator") ?? wrapped(at));
    if (inner === null) return at;
    at = inner;
  }
  return at;
}

/** What a parenthesised or reference declarator holds; it has no field of its own. */
function wrapped(node: TreeNode): TreeNode | null {
  const holds = node.type === "parenthesized_declarator" || node.type === "reference_declarator";
  return holds ? (node.namedChildren.at(-1) ?? null) : null;
}

/** A conversion is called by the type it converts to. */
function plainName(node: TreeNode): string {
  const text = node.type === "operator_cast" ? (node.text.split("(")[0] ?? "") : node.text;
  return squeeze(text).replaceAll("::", ".");
}

/** A text in which each white space is one blank. */
export function squeeze(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

/** Go's receiver: methods are called by their type. */
function receiverOf(node: TreeNode): string {
  const receiver = node.type === "method_declaration" ? node.childForFieldName("receiver") : null;
  const type = receiver === null ? undefined : /(?<!\w)(\w+)\s*(?:\[[^[\]]*\]\s*)?\)$/.exec(receiver.text)?.[1];
  return type === undefined ? "" : `${type}.`;
}

/**
 * Offset before which a function's documentation stands: wrappers (templates, decorators) and attributes before it belong
 * to it. What holds a node, and what stands before it, the parser has to look for from the top.
 */
export function docStart(node: TreeNode, text: string, language: TreeLanguage): number {
  let at = node;
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const outer = wrapperOf(at, language) ?? attributeBefore(at, text, language);
    if (outer === null) break;
    at = outer;
  }
  return at.startIndex;
}

function wrapperOf(node: TreeNode, { wrappers }: TreeLanguage): TreeNode | null {
  const parent = wrappers.size > 0 ? node.parent : null;
  return parent !== null && wrappers.has(parent.type) ? parent : null;
}

function attributeBefore(node: TreeNode, text: string, { between }: TreeLanguage): TreeNode | null {
  const before = between.size > 0 && endsAttribute(text, node.startIndex) ? node.previousNamedSibling : null;
  return before !== null && between.has(before.type) ? before : null;
}

/** Whether a bracket that closes, as all attributes do, is the last thing before an offset. */
function endsAttribute(text: string, offset: number): boolean {
  let at = offset - 1;
  while (at >= 0 && WHITE.test(text.charAt(at))) at -= 1;
  return text.charAt(at) === "]";
}
function countParameters(node: TreeNode, language: TreeLanguage): number {
  const list = parameterList(node);
  if (list === null) return 0;
  const listed = list.namedChildren.filter((child) => child !== null && language.parameters.has(child.type));
  const names = listed.reduce((sum, child) => sum + Math.max(1, sharedNames(child)), 0);
  return names === 1 && list.text.replace(/\s/g, "") === "(void)" ? 0 : names;
}

/** Go declares several parameters of one type at once. */
function sharedNames(node: TreeNode | null): number {
  return node === null ? 0 : node.childrenForFieldName("name").filter((child) => child !== null).length;
}

/** The list next to the name: one further out in C and C++ is that of the function whose pointer is returned. */
function parameterList(node: TreeNode): TreeNode | null {
  const own = node.childForFieldName("parameters");
  if (own !== null) return own;
  let list: TreeNode | null = null;
  let at = node.childForFieldName("declarator");
  for (let step = 0; step < MAX_STEPS && at !== null; step += 1) {
    list = at.childForFieldName("parameters") ?? list;
    at = at.childForFieldName("declarator") ?? wrapped(at);
  }
  return list;
}

function hasDocstring(body: TreeNode): boolean {
  const first = body.type === "block" ? body.firstNamedChild : null;
  const string = first?.type === "expression_statement" ? first.firstNamedChild : null;
  return string?.type === "string" && DOCSTRING.test(string.text);
}

/** A text that is no bytes and nothing to be filled in, and has a word. */
const DOCSTRING = /^[ruRU]?["'][^]*?[\p{L}\p{N}]{2}/u;
