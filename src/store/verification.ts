import { referencesIn } from "./blobs.js";
import { chainHash, type EventRow } from "./chain.js";
import type { Connection } from "./connection.js";
import { digest } from "./digest.js";
import { headOf } from "./log.js";
import { iterateEvents } from "./sql/iterate-events.js";
import { readBlob } from "./sql/read-blob.js";

/** Answer of `log verify`; `seq` is the first event that is not as it was written. */
export type Verification = { ok: true; events: number } | { ok: false; seq: number; reason: string };

/**
 * Walks the whole chain: every row must follow the one before it by number and by hash, hash to what
 * it says, and refer only to texts that are there and unchanged. The end must be the acknowledged one,
 * so rows cut off behind are noticed too, unless the head was rewritten with them.
 */
export function verifyChain(db: Connection): Verification {
  const sound = new Set<string>();
  let seq = 0;
  let hash = "";
  for (const row of db.iterate<EventRow>(iterateEvents, [0])) {
    const reason = faultOf(row, seq, hash) ?? textFault(db, row, sound);
    if (reason !== undefined) return { ok: false, seq: seq + 1, reason };
    seq = row.seq;
    hash = row.hash;
  }
  const head = headOf(db);
  if (seq < head.seq) return { ok: false, seq: seq + 1, reason: `events ${seq + 1} to ${head.seq} are missing` };
  if (seq > head.seq || hash !== head.hash) return { ok: false, seq, reason: "the end is not the acknowledged one" };
  return { ok: true, events: seq };
}

function faultOf(row: EventRow, seq: number, hash: string): string | undefined {
  if (row.seq !== seq + 1) return `event ${seq + 1} is missing`;
  if (row.prev_hash !== hash) return `event ${row.seq} does not follow event ${seq}`;
  if (chainHash(row) !== row.hash) return `event ${row.seq} was changed`;
  return undefined;
}

function textFault(db: Connection, row: EventRow, sound: Set<string>): string | undefined {
  if (!row.payload.includes("$blob")) return undefined;
  for (const hash of referencesIn(row.payload)) {
    if (sound.has(hash)) continue;
    const blob = db.get<{ text: string }>(readBlob, [hash]);
    if (blob === undefined) return `a text of event ${row.seq} is missing`;
    if (digest(blob.text) !== hash) return `a text of event ${row.seq} was changed`;
    sound.add(hash);
  }
  return undefined;
}
