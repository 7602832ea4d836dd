import { err, ok, type Result } from "./result.js";

/**
 * Hybrid logical clock (Kulkarni et al. 2014). A stamp is `<ISO time ms>-<counter, 4 hex>-<node>`;
 * stamps order as plain strings, causality first, so an index on the text is an index on time.
 */
export interface HybridClock {
  /** The next stamp, later than every stamp made or observed before. */
  tick(nowMs: number): string;
  /** Takes over a stamp seen from elsewhere; refuses one beyond the allowed drift. */
  observe(stamp: string, nowMs: number): Result<void, string>;
}

const MAX_COUNTER = 0xffff;
const STAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)-([0-9a-f]{4})-([A-Za-z0-9_]{1,32})$/;

/** The parts of a stamp, or undefined when it is not one. */
export function parseStamp(stamp: string): { wallMs: number; counter: number; node: string } | undefined {
  const match = STAMP.exec(stamp);
  if (match === null) return undefined;
  const wallMs = Date.parse(match[1] ?? "");
  if (Number.isNaN(wallMs)) return undefined;
  return { wallMs, counter: Number.parseInt(match[2] ?? "0", 16), node: match[3] ?? "" };
}

/** Makes a clock for `node` (1 to 32 word characters) that starts after `last`, when given. */
export function createHybridClock(node: string, maxDriftMs: number, last?: string): HybridClock {
  const start = last === undefined ? undefined : parseStamp(last);
  let wallMs = start?.wallMs ?? 0;
  let counter = start?.counter ?? 0;
  /** The time of the last stamp as it is written: many are made within one millisecond. */
  let written = { ms: Number.NaN, iso: "" };

  function advance(nowMs: number): void {
    if (nowMs > wallMs) {
      wallMs = nowMs;
      counter = 0;
    } else if (counter < MAX_COUNTER) {
      counter += 1;
    } else {
      wallMs += 1;
      counter = 0;
    }
  }

  function observe(stamp: string, nowMs: number): Result<void, string> {
    const seen = parseStamp(stamp);
    if (seen === undefined) return err(`not an HLC stamp: ${stamp}`);
    if (seen.wallMs - nowMs > maxDriftMs)
      return err(`stamp ${stamp} is more than ${maxDriftMs} ms ahead of this clock`);
    if (seen.wallMs > wallMs || (seen.wallMs === wallMs && seen.counter > counter)) {
      wallMs = seen.wallMs;
      counter = seen.counter;
    }
    return ok(undefined);
  }

  return {
    tick(nowMs) {
      advance(nowMs);
      if (wallMs !== written.ms) written = { ms: wallMs, iso: new Date(wallMs).toISOString() };
      return `${written.iso}-${counter.toString(16).padStart(4, "0")}-${node}`;
    },
    observe,
  };
}
