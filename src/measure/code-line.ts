import type { Comment } from "./comment.js";
import { isTestFile } from "./language.js";
import type { LineTable } from "./line-table.js";

/** A text of which lines are counted. */
export interface CountedText {
  readonly text: string;
  readonly table: LineTable;
  /** How many of the lines up to each are not counted, by 1-based line; none where it says nothing. */
  readonly silent: Uint32Array;
  /** In a test, the line on which a nested function of several lines starts is that one's alone. */
  readonly isTest: boolean;
}

const NONE = new Uint32Array(0);

/** What is counted of a file: each line, and in a test those that hold code (ADR 19). `comments` ascend. */
export function countedText(
  { path, text, table }: { path: string; text: string; table: LineTable },
  comments: readonly Comment[],
): CountedText {
  const isTest = isTestFile(path);
  return { text, table, silent: isTest ? silentLines(text, table, comments) : NONE, isTest };
}

/** Counts the lines of a text that hold no code: blank ones, and those with nothing but comments. */
function silentLines(text: string, table: LineTable, comments: readonly Comment[]): Uint32Array {
  const counts = new Uint32Array(table.length + 1);
  const look = { comments, next: 0 };
  for (let line = 1; line <= table.length; line += 1) {
    const end = table[line] ?? text.length;
    const at = skipComments(text, { start: table[line - 1] ?? 0, end }, look);
    counts[line] = (counts[line - 1] ?? 0) + (at < end ? 0 : 1);
  }
  return counts;
}

/** Comments of a text that is read once, from its start to its end. */
interface Look {
  readonly comments: readonly Comment[];
  /** The first that may not be past yet. */
  next: number;
}

function skipComments(text: string, { start, end }: { start: number; end: number }, look: Look): number {
  let at = skipBlanks(text, start, end);
  while (at < end) {
    const comment = commentAt(look, at);
    if (comment === undefined) return at;
    at = skipBlanks(text, comment.end, end);
  }
  return at;
}

function commentAt(look: Look, at: number): Comment | undefined {
  while ((look.comments[look.next]?.end ?? Number.POSITIVE_INFINITY) <= at) look.next += 1;
  const comment = look.comments[look.next];
  return comment !== undefined && comment.start <= at ? comment : undefined;
}

const SPACE = 32;

/** White space that is not ASCII's counts as code: what is in doubt is counted. */
function skipBlanks(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && text.charCodeAt(at) <= SPACE) at += 1;
  return at;
}
