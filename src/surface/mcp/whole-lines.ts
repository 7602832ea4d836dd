import { Transform } from "node:stream";

/** Bytes kept of a line that is too long: its end, where clients write the id of a request. */
const KEPT_BYTES = 1_024;
const ID = /(?<!\\)"id"\s*:\s*(\d{1,15}|"[^"\\]{1,200}")/g;

/** Says of a line that is too long which request it was; undefined where that cannot be told. */
type TooLong = (id: string | number | undefined) => void;

/**
 * Passes on whole lines, each in one piece: what reads them then joins nothing, and a message of many pieces costs as
 * much as one. Of a line of more than `maxBytes` nothing is passed on or kept.
 */
export function wholeLines(maxBytes: number, tooLong: TooLong): Transform {
  let parts: Buffer[] = [];
  let bytes = 0;

  function take(piece: Buffer): void {
    bytes += piece.length;
    parts.push(piece);
    if (bytes > maxBytes) parts = [Buffer.concat(parts.slice(-2)).subarray(-KEPT_BYTES)];
  }

  function endLine(pass: (line: Buffer) => void): void {
    const line = Buffer.concat(parts);
    if (bytes > maxBytes) tooLong(idIn(line.toString("utf8")));
    else pass(line);
    parts = [];
    bytes = 0;
  }

  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      let from = 0;
      for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
        take(chunk.subarray(from, end + 1));
        endLine((line) => this.push(line));
        from = end + 1;
      }
      take(chunk.subarray(from));
      done();
    },
  });
}

function idIn(end: string): string | number | undefined {
  const found = [...end.matchAll(ID)].at(-1)?.[1];
  return found === undefined ? undefined : (JSON.parse(found) as string | number);
}
