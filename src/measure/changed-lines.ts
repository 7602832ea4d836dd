import { splitLines } from "./line-table.js";

/** Cells of the comparison table beyond which lines are compared as a set. */
const MAX_CELLS = 4_000_000;

/**
 * Line numbers (from 1) of `after` that are new or changed against `before`; all of them for a new file. The common
 * head and tail are left out, the middle is compared by longest common subsequence, a very large middle as a set of
 * lines. Kinds of line end do not matter.
 */
export function changedLines(before: string | null, after: string): Set<number> {
  const now = splitLines(after);
  const was = before === null ? [] : splitLines(before);
  const start = sameHead(was, now);
  const end = sameTail(was.slice(start), now.slice(start));
  const middle = { was: was.slice(start, was.length - end), now: now.slice(start, now.length - end) };
  const fits = middle.was.length * middle.now.length <= MAX_CELLS;
  const kept = fits ? commonLines(middle.was, middle.now) : sameLines(middle.was, middle.now);
  return new Set(middle.now.flatMap((_, index) => (kept.has(index) ? [] : [start + index + 1])));
}

function sameHead(was: readonly string[], now: readonly string[]): number {
  let count = 0;
  while (count < was.length && count < now.length && was[count] === now[count]) count += 1;
  return count;
}

function sameTail(was: readonly string[], now: readonly string[]): number {
  let count = 0;
  while (count < was.length && count < now.length && was.at(-1 - count) === now.at(-1 - count)) count += 1;
  return count;
}

/** Indexes of `now` on one longest common subsequence with `was`. */
function commonLines(was: readonly string[], now: readonly string[]): Set<number> {
  const width = now.length + 1;
  const table = new Uint32Array((was.length + 1) * width);
  const at = (row: number, column: number): number => table[row * width + column] ?? 0;
  for (let row = was.length - 1; row >= 0; row -= 1)
    for (let column = now.length - 1; column >= 0; column -= 1)
      table[row * width + column] =
        was[row] === now[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
  const kept = new Set<number>();
  for (let row = 0, column = 0; row < was.length && column < now.length; ) {
    if (was[row] === now[column]) {
      kept.add(column);
      row += 1;
      column += 1;
    } else if (at(row + 1, column) >= at(row, column + 1)) row += 1;
    else column += 1;
  }
  return kept;
}

function sameLines(was: readonly string[], now: readonly string[]): Set<number> {
  const known = new Set(was);
  return new Set(now.flatMap((line, index) => (known.has(line) ? [index] : [])));
}
