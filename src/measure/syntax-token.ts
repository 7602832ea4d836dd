import type { SyntaxNode } from "./ecmascript-parse.js";

/** Members that say where or how a node was written, not what it is. */
const SPELLING: ReadonlySet<string> = new Set(["type", "start", "end", "range", "raw", "directive"]);

/**
 * A node as normalised tokens, without its children: type, scalar members and the arity of lists, so that equal
 * strings in walking order mean equal trees. Of a function's head its own name and whether it was declared or an
 * expression are left out, so that a function moved into a class or renamed keeps its hash.
 */
export function tokensOf(node: SyntaxNode, isHead: boolean): string {
  const head = isHead && node.type.startsWith("Function");
  let tokens = head ? "|Function" : `|${node.type}`;
  for (const key in node) {
    if (SPELLING.has(key) || (head && (key === "id" || key === "expression"))) continue;
    tokens += tokenOf(key, node[key]);
  }
  return tokens;
}

function tokenOf(key: string, value: unknown): string {
  if (value === null || value === undefined || value === false) return "";
  if (typeof value !== "object") return `;${key}=${scalar(value)}`;
  if (Array.isArray(value)) return value.length === 0 ? "" : `;${key}#${value.length}`;
  if ("type" in value) return `;${key}>`;
  return value instanceof RegExp ? "" : `;${key}=${JSON.stringify(value)}`;
}

function scalar(value: unknown): string {
  return typeof value === "bigint" ? `${value}n` : (JSON.stringify(value) ?? "");
}
