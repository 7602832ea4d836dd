import type { CountedText } from "./code-line.js";
import { lineAt } from "./line-table.js";

/** A piece of text in UTF-16 offsets; `end` is exclusive. */
export interface Span {
  start: number;
  end: number;
}

const CLOSING_ONLY = /^[\s;,)\]}]*(?:\/\/.*)?$/;

/**
 * Lines of a function that are counted and are not those of functions nested in it (DESIGN §5). A line shared
 * with a nested function is the outer one's when something of the outer one stands before the nested one's start; what
 * merely closes (`});`) is not.
 */
export function ownLength(source: CountedText, own: Span, nested: readonly Span[]): number {
  const { table, silent } = source;
  const linesOf = (from: number, to: number): number =>
    to < from ? 0 : to - from + 1 - ((silent[to] ?? 0) - (silent[from - 1] ?? 0));
  const lines = linesOf(lineAt(table, own.start), lineAt(table, own.end));
  const inner = nested.map((span) => linesOf(firstOwnLine(source, span), lastOwnLine(source, span)));
  return Math.max(lines - inner.reduce((sum, count) => sum + count, 0), 1);
}

function firstOwnLine({ text, table, isTest }: CountedText, { start, end }: Span): number {
  const line = lineAt(table, start);
  const isShared = text.slice(table[line - 1], start).trim() !== "" && !(isTest && lineAt(table, end) > line);
  return isShared ? line + 1 : line;
}

function lastOwnLine({ text, table }: CountedText, { end }: Span): number {
  const line = lineAt(table, end);
  const rest = text.slice(end, table[line] ?? text.length);
  return CLOSING_ONLY.test(rest.trimEnd()) ? line : line - 1;
}
