import { Fault } from "../kernel/fault.js";
import type { AnyEvent } from "../schema/event.js";
import { unpackPayload } from "./blobs.js";
import type { Connection } from "./connection.js";
import { digest } from "./digest.js";
import { readBlob } from "./sql/read-blob.js";

/** A row of `events`. */
export interface EventRow {
  seq: number;
  hlc: string;
  node: string;
  run: number;
  task: string | null;
  execution: string | null;
  stream: string;
  type: string;
  actor: string;
  payload: string;
  prev_hash: string;
  hash: string;
}

/** What an event's hash covers: the hash before it, its envelope and its stored payload. */
export function chainHash(row: Omit<EventRow, "hash">): string {
  const { seq, hlc, node, run, task, execution, stream, type, actor } = row;
  const envelope = JSON.stringify([seq, hlc, node, run, task, execution, stream, type, actor]);
  return digest(`${row.prev_hash}\n${envelope}\n${row.payload}`);
}

/** The event of a row, its large texts put back. Throws Fault STORE_CORRUPT when one is missing. */
export function eventOf(db: Connection, row: EventRow): AnyEvent {
  const payload = unpackPayload(row.payload, (hash) => {
    const blob = db.get<{ text: string }>(readBlob, [hash]);
    if (blob !== undefined) return blob.text;
    const message = `${db.path}: event ${row.seq} refers to a text that is gone. Restore the database from a backup.`;
    throw new Fault("STORE_CORRUPT", message, { exitCode: 2 });
  });
  return { ...row, id: `ev_${row.seq}`, payload } as unknown as AnyEvent;
}
