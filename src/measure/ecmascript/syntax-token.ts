import type { SyntaxNode } from "./ecmascript-parse.js";

/** Members that say where or how a node was written, not what it is. */
const SPELLING: ReadonlySet<string> = new Set(["type", "start", "end", "range", "raw", "directive"]);
/** Members that are types or their modifiers: they run nothing. */
const TYPE_MEMBERS: ReadonlySet<string> = new Set([
  "typeAnnotation",
  "typeArguments",
  "typeParameters",
  "returnType",
  "superTypeArguments",
  "implements",
  "accessibility",
  "override",
  "readonly",
  "definite",
  "declare",
  "abstract",
]);
/** Nodes that say a type of the expression they hold. */
const TYPE_WRAPPERS: ReadonlySet<string> = new Set([
  "TSAsExpression",
  "TSNonNullExpression",
  "TSSatisfiesExpression",
  "TSTypeAssertion",
]);

/** Whether a member is left out of the walk: a type, or the name of the function the node opens. */
export function isPassedOver(key: string, opensFunction: boolean): boolean {
  return TYPE_MEMBERS.has(key) || (opensFunction && key === "id");
}

/**
 * The token that opens a node. A declared function and a function expression read alike, so that a function moved
 * into a class keeps its tokens.
 */
export function headToken(node: SyntaxNode, opensFunction: boolean): string {
  if (TYPE_WRAPPERS.has(node.type)) return "";
  return opensFunction && node.type.startsWith("Function") ? "|Function" : `|${node.type}`;
}

/**
 * The token of one member: scalars by value, lists by length, nodes by their presence, so that equal token strings in
 * walking order mean equal trees. White space, comments, quotes and types leave no trace.
 */
export function memberToken(node: SyntaxNode, key: string, value: unknown): string {
  if (value === null || value === false || value === undefined || SPELLING.has(key)) return "";
  if (isOfType(node, key)) return "";
  return typeof value === "object" ? objectToken(key, value) : `;${key}=${scalar(value)}`;
}

/** `optional` runs something in chains only; elsewhere it is a type's `?`, and a wrapper's expression stands for it. */
function isOfType(node: SyntaxNode, key: string): boolean {
  if (key === "optional") return node.type !== "MemberExpression" && node.type !== "CallExpression";
  return key === "expression" && (TYPE_WRAPPERS.has(node.type) || node.type.startsWith("Function"));
}

function objectToken(key: string, value: object): string {
  if (Array.isArray(value)) return value.length === 0 ? "" : `;${key}#${value.length}`;
  if ("type" in value) return `;${key}>`;
  return value instanceof RegExp ? "" : `;${key}=${JSON.stringify(value)}`;
}

function scalar(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
