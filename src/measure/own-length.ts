import { type LineTable, lineAt } from "./line-table.js";

/** A piece of text in UTF-16 offsets; `end` is exclusive. */
export interface Span {
  start: number;
  end: number;
}

const CLOSING_ONLY = /^[\s;,)\]}]*(?:\/\/.*)?$/;

/**
 * Lines of a function that are not those of functions nested in it (DESIGN §5). A line shared with a nested function
 * is the outer one's when something of the outer one stands before the nested one's start; what merely closes
 * (`});`) is not.
 */
export function ownLength(text: string, table: LineTable, own: Span, nested: readonly Span[]): number {
  const lines = lineAt(table, own.end) - lineAt(table, own.start) + 1;
  const inner = nested.map((span) => lastOwnLine(text, table, span) - firstOwnLine(text, table, span) + 1);
  return Math.max(lines - inner.reduce((sum, count) => sum + Math.max(count, 0), 0), 1);
}

function firstOwnLine(text: string, table: LineTable, span: Span): number {
  const line = lineAt(table, span.start);
  return text.slice(table[line - 1], span.start).trim() === "" ? line : line + 1;
}

function lastOwnLine(text: string, table: LineTable, span: Span): number {
  const line = lineAt(table, span.end);
  const rest = text.slice(span.end, table[line] ?? text.length);
  return CLOSING_ONLY.test(rest.trimEnd()) ? line : line - 1;
}
