/** Offsets at which the lines of a text start, ascending; the first is 0. */
export type LineTable = readonly number[];

const LF = 10;
const CR = 13;
const LINE_SEPARATOR = 0x2028;
const PARAGRAPH_SEPARATOR = 0x2029;

function endsLine(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code === LF || code === LINE_SEPARATOR || code === PARAGRAPH_SEPARATOR) return true;
  return code === CR && text.charCodeAt(at + 1) !== LF;
}

/** Finds the lines of a text. Every ECMAScript line terminator counts, so that none can hide a line. */
export function lineTable(text: string): LineTable {
  const starts = [0];
  if (["\r", "\u2028", "\u2029"].some((unit) => text.includes(unit))) {
    for (let at = 0; at < text.length; at += 1) if (endsLine(text, at)) starts.push(at + 1);
  } else for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** The 1-based line an offset (UTF-16 units) lies on. */
export function lineAt(table: LineTable, offset: number): number {
  let low = 0;
  let high = table.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((table[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return low + 1;
}

/** The text's lines, without their terminators. A final terminator opens no further line. */
export function splitLines(text: string): string[] {
  const lines = text.split(/\r\n|[\n\r\u2028\u2029]/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}
