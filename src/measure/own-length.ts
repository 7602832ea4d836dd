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
 * (`});`) is not. `nested` must be in order of their start.
 */
export function ownLength(text: string, table: LineTable, own: Span, nested: readonly Span[]): number {
  const firstLine = lineAt(table, own.start);
  let length = lineAt(table, own.end) - firstLine + 1;
  let taken = firstLine - 1;
  for (const span of nested) {
    const from = Math.max(firstOwnLine(text, table, span), taken + 1);
    const to = lastOwnLine(text, table, span);
    if (to < from) continue;
    length -= to - from + 1;
    taken = to;
  }
  return Math.max(length, 1);
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
