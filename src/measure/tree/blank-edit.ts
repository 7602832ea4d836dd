import { Edit, type Point } from "web-tree-sitter";
import type { Span } from "../own-length.js";

/** What to tell a tree of a text in which blanks stand now: nothing moves. Spans ascend, in UTF-16 units. */
export function blankEdits(text: string, blanked: readonly Span[]): Edit[] {
  const pointAt = pointsOf(text);
  return blanked.map(({ start: startIndex, end }) => {
    const startPosition = pointAt(startIndex);
    const endPosition = pointAt(end);
    const whole = { oldEndIndex: end, newEndIndex: end, oldEndPosition: endPosition, newEndPosition: endPosition };
    return new Edit({ startIndex, startPosition, ...whole });
  });
}

/** Rows as tree-sitter counts them: after each line feed, and nothing else. For offsets that ascend. */
function pointsOf(text: string): (offset: number) => Point {
  let row = 0;
  let lineStart = 0;
  return (offset) => {
    for (let at = text.indexOf("\n", lineStart); at !== -1 && at < offset; at = text.indexOf("\n", lineStart)) {
      row += 1;
      lineStart = at + 1;
    }
    return { row, column: offset - lineStart };
  };
}
