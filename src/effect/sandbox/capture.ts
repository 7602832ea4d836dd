/** Collects a stream within a bound: the first and the last half of what fits, and how much there was. */
export interface Capture {
  add(chunk: Buffer): void;
  /** Bytes seen, kept or not. */
  seenBytes(): number;
  /** What was kept as text; where bytes were left out, a line says how many. */
  text(): string;
}

/** Makes a capture that keeps at most `limitBytes`. Memory stays within twice the bound. */
export function createCapture(limitBytes: number): Capture {
  const half = Math.floor(limitBytes / 2);
  const head: Buffer[] = [];
  let headBytes = 0;
  let tail: Buffer[] = [];
  let tailBytes = 0;
  let seen = 0;

  function addTail(chunk: Buffer): void {
    tail.push(chunk);
    tailBytes += chunk.length;
    if (tailBytes <= 2 * half) return;
    const joined = Buffer.concat(tail);
    tail = [Buffer.from(joined.subarray(joined.length - half))];
    tailBytes = half;
  }

  function text(): string {
    const end = Buffer.concat(tail);
    const kept = end.length > half ? end.subarray(end.length - half) : end;
    const start = Buffer.concat(head).toString("utf8");
    const omitted = seen - headBytes - kept.length;
    if (omitted === 0) return Buffer.concat([...head, kept]).toString("utf8");
    return `${start}\n[${omitted} bytes left out]\n${kept.toString("utf8")}`;
  }

  return {
    add(chunk) {
      seen += chunk.length;
      const room = half - headBytes;
      if (room > 0) {
        head.push(chunk.subarray(0, room));
        headBytes += Math.min(room, chunk.length);
      }
      if (chunk.length > room) addTail(room > 0 ? chunk.subarray(room) : chunk);
    },
    seenBytes: () => seen,
    text,
  };
}
