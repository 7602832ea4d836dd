/** A comment as parsers give it; offsets are UTF-16 units, `value` is without its delimiters. */
export interface Comment {
  type: "Line" | "Block";
  value: string;
  start: number;
  end: number;
}

const DIRECTIVE =
  /^[\s*!/]*(?:@ts-|eslint|biome-|oxlint|istanbul|c8\s|v8\s|node:coverage|prettier-ignore|tslint|#?region|#?endregion|[#@]__)/;
const WORDS = /[\p{L}\p{N}]{2}/u;
const MAX_JOINED_COMMENTS = 200;

/**
 * The first of the comments that stand directly before `offset`: no blank line between, first on their line, and at
 * least one of them says something that is no directive to a tool. Undefined when there is none. `comments` ascend.
 */
export function attachedComment(text: string, comments: readonly Comment[], offset: number): Comment | undefined {
  let index = lastEndingBefore(comments, offset);
  let next = offset;
  let first: Comment | undefined;
  let says = false;
  for (let joined = 0; joined < MAX_JOINED_COMMENTS; joined += 1) {
    const comment = comments[index];
    if (comment === undefined || !touches(text, comment, next)) break;
    first = comment;
    says ||= WORDS.test(comment.value) && !DIRECTIVE.test(comment.value) && !isHashbang(text, comment);
    next = comment.start;
    index -= 1;
  }
  return says ? first : undefined;
}

/** The first line of a program says what runs it, and nothing of the function below. */
function isHashbang(text: string, { start }: Comment): boolean {
  return start === 0 && text.startsWith("#!");
}

/** Whether an offset lies within one of these comments, which ascend. */
export function isInComment(comments: readonly Comment[], offset: number): boolean {
  const next = comments[lastEndingBefore(comments, offset) + 1];
  return next !== undefined && next.start <= offset;
}

function lastEndingBefore(comments: readonly Comment[], offset: number): number {
  let low = -1;
  let high = comments.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((comments[middle]?.end ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return low;
}

const SPACE = 32;
const ASCII = 128;

function touches(text: string, comment: Comment, next: number): boolean {
  if (standsAfterMore(text, comment.end, next)) return false;
  const between = text.slice(comment.end, next);
  if (between.trim() !== "") return false;
  const breaks = between.match(/\r\n|[\n\r\u2028\u2029]/g)?.length ?? 0;
  return breaks === 0 || (breaks === 1 && startsItsLine(text, comment.start));
}

/** Whether what stands before an offset, back to another, is more than blanks for sure: mostly so, and seen at once. */
function standsAfterMore(text: string, from: number, offset: number): boolean {
  let at = offset;
  while (at > from && text.charCodeAt(at - 1) <= SPACE) at -= 1;
  return at > from && text.charCodeAt(at - 1) < ASCII;
}

function startsItsLine(text: string, offset: number): boolean {
  for (let at = offset - 1; at >= 0; at -= 1) {
    const unit = text[at] ?? "";
    if (/[\n\r\u2028\u2029]/.test(unit)) return true;
    if (unit.trim() !== "") return false;
  }
  return true;
}
