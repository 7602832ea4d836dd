/**
 * What a search worker runs. Everything here is one self-contained function: its text is what the
 * worker evaluates, so it must not use anything from outside itself. It has no named function inside,
 * because bundlers that keep names wrap those in a function of their own.
 */

/** One file to look in. */
export interface SearchText {
  readonly path: string;
  readonly text: string;
}

/** What to look for. `filter` asks only which texts match. */
export interface SearchRequest {
  readonly source: string;
  readonly flags: string;
  readonly texts: readonly SearchText[];
  readonly filter: boolean;
}

/** Matching lines of one file, counted from 1. */
export interface SearchHit {
  readonly path: string;
  readonly lines: readonly number[];
}

/** Looks for the pattern line by line, or in each text as a whole when filtering. Throws SyntaxError on a bad pattern. */
export function searchTexts(request: SearchRequest): SearchHit[] {
  const pattern = new RegExp(request.source, request.flags);
  return request.texts
    .map(({ path, text }) => ({
      path,
      // an empty file has no lines, where splitting would give one
      parts: request.filter
        ? [text]
        : text
            .replace(/\r?\n$/, "")
            .split(/\r?\n/)
            .slice(0, text.length),
    }))
    .map(({ path, parts }) => ({
      path,
      lines: parts.flatMap((part, index) => (pattern.test(part) ? [index + 1] : [])),
    }))
    .filter(({ lines }) => lines.length > 0);
}
