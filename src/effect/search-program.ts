/**
 * What a search worker runs. Everything here is one self-contained function: its text is what the
 * worker evaluates, so it must not use anything from outside itself.
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
  /** Matching lines reported of one text. */
  readonly maxLines: number;
}

/** Matching lines of one file, counted from 1. */
export interface SearchHit {
  readonly path: string;
  readonly lines: readonly number[];
}

/** Looks for the pattern line by line, or in each text as a whole when filtering. Throws SyntaxError on a bad pattern. */
export function searchTexts(request: SearchRequest): SearchHit[] {
  const pattern = new RegExp(request.source, request.flags);
  const partsOf = (text: string): string[] => {
    if (request.filter) return [text];
    const parts = text.split(/\r?\n/);
    if (parts.at(-1) === "") parts.pop();
    return parts;
  };
  const linesOf = (text: string): number[] => {
    const lines: number[] = [];
    for (const [index, part] of partsOf(text).entries()) {
      if (lines.length >= request.maxLines) break;
      if (pattern.test(part)) lines.push(index + 1);
    }
    return lines;
  };
  return request.texts
    .map(({ path, text }) => ({ path, lines: linesOf(text) }))
    .filter(({ lines }) => lines.length > 0);
}
