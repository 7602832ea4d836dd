import type { Node } from "web-tree-sitter";
import type { TreeLanguage } from "./tree-language.js";

/** What a function's node says of it, apart from what it holds. */
export interface FunctionHead {
  readonly name: string;
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

/** Reads a function's head; undefined where the node declares without a body. */
export function readHead(node: Node, language: TreeLanguage): FunctionHead | undefined {
  const body = bodyOf(node);
  if (body === null) return undefined;
  const anonymous = language.anonymous.has(node.type);
  const named = anonymous ? null : nameNode(node);
  return {
    name: named === null ? unnamed(node) : receiverOf(node) + plainName(named),
    nameStart: named?.startIndex ?? -1,
    bodyStart: body.startIndex,
    doc: docStart(node, language),
    parameters: countParameters(node, language),
    docstring: hasDocstring(body),
    anonymous: anonymous || named === null,
  };
}

/** A function that a declaration of C or C++ declares, and the offset before which its documentation stands. */
export function readDeclared(node: Node, language: TreeLanguage): { name: string; doc: number } | undefined {
  const name = parameterList(node) === null ? null : nameNode(node);
  return name === null ? undefined : { name: plainName(name), doc: docStart(node, language) };
}

function bodyOf(node: Node): Node | null {
  if (node.type === "static_initializer") return node.namedChild(0);
  return node.childForFieldName("body") ?? node.namedChildren.find((child) => child?.type === "try_statement") ?? null;
}

function unnamed(node: Node): string {
  return node.type === "static_initializer" ? "static" : ANONYMOUS;
}

/** The name itself; in C and C++ at the end of a chain of declarators. */
function nameNode(node: Node): Node | null {
  const own = node.childForFieldName("name");
  if (own !== null) return own;
  let at = node.childForFieldName("declarator");
  for (let step = 0; step < MAX_STEPS && at !== null; step += 1) {
    const inner: Node | null = at.type === "operator_cast" ? null : (at.childForFieldName("declarator") ?? wrapped(at));
    if (inner === null) return at;
    at = inner;
  }
  return at;
}

/** What a parenthesised or reference declarator holds; it has no field of its own. */
function wrapped(node: Node): Node | null {
  const holds = node.type === "parenthesized_declarator" || node.type === "reference_declarator";
  return holds ? node.namedChild(node.namedChildCount - 1) : null;
}

/** A conversion is called by the type it converts to. */
function plainName(node: Node): string {
  const text = node.type === "operator_cast" ? (node.text.split("(")[0] ?? "") : node.text;
  return squeeze(text).replaceAll("::", ".");
}

function squeeze(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

/** Go's receiver: methods are called by their type. */
function receiverOf(node: Node): string {
  const receiver = node.type === "method_declaration" ? node.childForFieldName("receiver") : null;
  const type = receiver === null ? undefined : /(\w+)\s*(?:\[[^\]]*\])?\s*\)$/.exec(receiver.text)?.[1];
  return type === undefined ? "" : `${type}.`;
}

/** Wrappers (templates, decorators) and attributes before the function belong to it. */
function docStart(node: Node, language: TreeLanguage): number {
  let at = node;
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const { parent, previousNamedSibling: before } = at;
    if (parent !== null && language.wrappers.has(parent.type)) at = parent;
    else if (before !== null && language.between.has(before.type)) at = before;
    else break;
  }
  return at.startIndex;
}

function countParameters(node: Node, language: TreeLanguage): number {
  const list = parameterList(node);
  if (list === null) return 0;
  const listed = list.namedChildren.filter((child) => child !== null && language.parameters.has(child.type));
  const names = listed.reduce((sum, child) => sum + Math.max(1, sharedNames(child)), 0);
  return names === 1 && list.text.replace(/\s/g, "") === "(void)" ? 0 : names;
}

/** Go declares several parameters of one type at once. */
function sharedNames(node: Node | null): number {
  return node === null ? 0 : node.childrenForFieldName("name").filter((child) => child !== null).length;
}

function parameterList(node: Node): Node | null {
  const own = node.childForFieldName("parameters");
  if (own !== null) return own;
  let at = node.childForFieldName("declarator");
  for (let step = 0; step < MAX_STEPS && at !== null; step += 1) {
    const list = at.childForFieldName("parameters");
    if (list !== null && at.childForFieldName("declarator")?.type !== "function_declarator") return list;
    at = at.childForFieldName("declarator") ?? wrapped(at);
  }
  return null;
}

function hasDocstring(body: Node): boolean {
  const first = body.type === "block" ? body.namedChild(0) : null;
  return first?.type === "expression_statement" && first.namedChild(0)?.type === "string";
}
