import type { SyntaxNode } from "./ecmascript-parse.js";

/** Members that say where or how a node was written, not what it is. */
const SPELLING: ReadonlySet<string> = new Set(["type", "start", "end", "range", "raw", "directive"]);
/** Members of a function's head that a move or a new name may change. */
const HEAD: ReadonlySet<string> = new Set(["id", "expression"]);

/**
 * The token that opens a node. A declared function and a function expression read alike, so that a function moved
 * into a class keeps its tokens.
 */
export function headToken(node: SyntaxNode, opensFunction: boolean): string {
  return opensFunction && node.type.startsWith("Function") ? "|Function" : `|${node.type}`;
}

/**
 * The token of one member: scalars by value, lists by length, nodes by their presence, so that equal token strings in
 * walking order mean equal trees. White space, comments, quotes and a function's own name leave no trace.
 */
export function memberToken(node: SyntaxNode, key: string, value: unknown): string {
  if (value === null || value === false || value === undefined || SPELLING.has(key)) return "";
  if (HEAD.has(key) && node.type.startsWith("Function")) return "";
  return typeof value === "object" ? objectToken(key, value) : `;${key}=${scalar(value)}`;
}

function objectToken(key: string, value: object): string {
  if (Array.isArray(value)) return value.length === 0 ? "" : `;${key}#${value.length}`;
  if ("type" in value) return `;${key}>`;
  return value instanceof RegExp ? "" : `;${key}=${JSON.stringify(value)}`;
}

function scalar(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
