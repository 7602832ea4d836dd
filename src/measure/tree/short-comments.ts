import type { Span } from "../own-length.js";
import type { FlatTree } from "./flat-tree.js";

/** A text without what stands in its long comments, which a parser would go through letter by letter. */
export interface ShortText {
  readonly text: string;
  /** Offsets in it at which comments that were cut begin, ascending; each is its two marks there. */
  readonly cuts: readonly number[];
  /** How much further on each of its offsets, and its end, is in the whole text. */
  readonly shifts: Int32Array;
}

/** Length of either mark of a comment. */
const MARK = 2;
/** Shorter ones take as long to cut as to read. */
const MIN_CUT_CHARS = 24;
/** What, before it on its line, makes it likely that something is no comment. */
const DOUBT = /["']|\/\//;
const LOOK_BACK_CHARS = 200;

/**
 * Cuts out what stands in comments, or what looks like one: where it is part of a literal, or of another comment, only the
 * tree can tell (`isCutRight`). Null where there is nothing to cut.
 */
export function shortComments(text: string): ShortText | null {
  const inners = longInners(text);
  if (inners.length === 0) return null;
  let [short, end] = ["", 0];
  const cuts = inners.map((inner) => {
    short += text.slice(end, inner.start);
    end = inner.end;
    return short.length - MARK;
  });
  short += text.slice(end);
  return { text: short, cuts, shifts: shiftsOf(short, cuts, inners) };
}

/** Where long comments are between their marks, ascending. Each part of the text is looked at a bounded number of times. */
function longInners(text: string): Span[] {
  const inners: Span[] = [];
  let end = 0;
  for (let at = text.indexOf("/*"); at !== -1; ) {
    const start = at + MARK;
    if (end < start) end = text.indexOf("*/", start);
    if (end === -1) break;
    const isComment = !isDoubtful(text, at);
    if (isComment && end - start >= MIN_CUT_CHARS) inners.push({ start, end });
    at = text.indexOf("/*", isComment ? end + MARK : start);
  }
  return inners;
}

function isDoubtful(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - LOOK_BACK_CHARS), at);
  return DOUBT.test(before.slice(before.lastIndexOf("\n") + 1));
}

function shiftsOf({ length }: string, cuts: readonly number[], inners: readonly Span[]): Int32Array {
  const shifts = new Int32Array(length + 1);
  let shift = 0;
  for (const [index, { start, end }] of inners.entries()) {
    shift += end - start;
    shifts.fill(shift, (cuts[index] as number) + MARK, (cuts[index + 1] ?? length) + MARK);
  }
  return shifts;
}

/** Whether all that was cut is a comment in the tree that was made of the short text, so that it hid nothing. */
export function isCutRight({ types, starts, ends, size, grammar }: FlatTree, { cuts, shifts }: ShortText): boolean {
  const comment = grammar.types.indexOf("comment");
  let next = 0;
  for (let at = 0; at < size && next < cuts.length; at += 1) {
    if (types[at] !== comment) continue;
    const start = cuts[next] as number;
    const end = start + MARK + MARK;
    if (starts[at] === start + (shifts[start] as number) && ends[at] === end + (shifts[end] as number)) next += 1;
  }
  return next === cuts.length;
}
