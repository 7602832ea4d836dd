import { assert } from "../kernel/assert.js";
import { MAX_HLC_DRIFT_MS } from "../kernel/bounds.js";
import { createHybridClock } from "../kernel/hlc.js";
import type { AnyEvent, AnyNewEvent } from "../schema/event.js";
import { packPayload } from "./blobs.js";
import { chainHash, type EventRow } from "./chain.js";
import type { Connection } from "./connection.js";
import { insertBlob } from "./sql/insert-blob.js";
import { insertEvent } from "./sql/insert-event.js";
import { readHead } from "./sql/read-head.js";
import { updateHead } from "./sql/update-head.js";

/** The acknowledged end of the chain. `hlc` is null before the first event. */
export interface Head {
  node: string;
  seq: number;
  hlc: string | null;
  hash: string;
}

/** Reads the acknowledged end of the chain. */
export function headOf(db: Connection): Head {
  const head = db.get<Head>(readHead);
  assert(head !== undefined, "the chain has no head");
  return head;
}

/**
 * Writes events behind the last acknowledged one, each stamped later and chained to it. Must run in
 * an immediate transaction: other processes append to the same chain.
 */
export function writeEvents(
  db: Connection,
  events: readonly AnyNewEvent[],
  source: { nowMs: number; node: string | undefined },
): AnyEvent[] {
  const head = headOf(db);
  const node = source.node ?? head.node;
  const clock = createHybridClock(node, MAX_HLC_DRIFT_MS, head.hlc ?? undefined);
  let { seq, hash: prev_hash } = head;
  const written: AnyEvent[] = [];
  for (const event of events) {
    seq += 1;
    const { run, task, execution, stream, type, actor } = event;
    const packed = packPayload(event.payload);
    for (const [blob, text] of packed.blobs) db.run(insertBlob, [blob, text]);
    const envelope = { seq, hlc: clock.tick(source.nowMs), node, run, task, execution, stream, type, actor, prev_hash };
    const hash = chainHash({ ...envelope, payload: packed.text });
    insertRow(db, { ...envelope, payload: packed.text, hash });
    written.push({ ...envelope, id: `ev_${seq}`, payload: event.payload, hash } as unknown as AnyEvent);
    prev_hash = hash;
  }
  db.run(updateHead, [seq, written.at(-1)?.hlc ?? head.hlc, prev_hash]);
  return written;
}

function insertRow(db: Connection, row: EventRow): void {
  const { seq, hlc, node, run, task, execution, stream, type, actor, payload, prev_hash, hash } = row;
  db.run(insertEvent, [seq, hlc, node, run, task, execution, stream, type, actor, payload, prev_hash, hash]);
}
