import { Fault, invalid } from "../kernel/fault.js";
import type { AnyEvent } from "../schema/event.js";
import { packPayload } from "./blobs.js";
import { chainHash, type EventRow } from "./chain.js";
import type { Connection } from "./connection.js";
import { headOf } from "./log.js";
import { project } from "./projections/project.js";
import { insertBlob } from "./sql/insert-blob.js";
import { insertEvent } from "./sql/insert-event.js";
import { readEventHash } from "./sql/read-event-hash.js";
import { updateHead } from "./sql/update-head.js";

/**
 * Writes events as another log holds them: numbers, stamps and hashes stay, so that the chain is the same. Events
 * this log has already must be equal; the others must follow them. Must run in one immediate transaction. Throws
 * Fault IMPORT_FOREIGN or IMPORT_BROKEN (exit 2); then nothing may be kept. Answers how many were new.
 */
export function restoreEvents(db: Connection, events: Iterable<AnyEvent>): number {
  const start = headOf(db);
  const end = { seq: start.seq, hash: start.hash, hlc: start.hlc };
  for (const event of events) {
    if (event.seq <= start.seq) checkKnown(db, event);
    else Object.assign(end, insert(db, event, end));
  }
  db.run(updateHead, [end.seq, end.hlc, end.hash]);
  return end.seq - start.seq;
}

function checkKnown(db: Connection, { seq, hash }: AnyEvent): void {
  if (db.get<{ hash: string }>(readEventHash, [seq])?.hash === hash) return;
  throw invalid(
    "IMPORT_FOREIGN",
    `This project's log holds another event ${seq}. An export is read into a new project, or into the one it came from.`,
  );
}

function insert(db: Connection, event: AnyEvent, end: { seq: number; hash: string }): typeof end & { hlc: string } {
  const { seq, hlc, node, run, task, execution, stream, type, actor, prev_hash, hash } = event;
  const packed = packPayload(event.payload);
  const row: EventRow = {
    seq,
    hlc,
    node,
    run,
    task,
    execution,
    stream,
    type,
    actor,
    payload: packed.text,
    prev_hash,
    hash,
  };
  if (seq !== end.seq + 1 || prev_hash !== end.hash || chainHash(row) !== hash) throw broken(end.seq + 1);
  for (const [blob, text] of packed.blobs) db.run(insertBlob, [blob, text]);
  db.run(insertEvent, [seq, hlc, node, run, task, execution, stream, type, actor, packed.text, prev_hash, hash]);
  project(db, event);
  return { seq, hash, hlc };
}

function broken(seq: number): Fault {
  return invalid(
    "IMPORT_BROKEN",
    `The export was changed or is not whole: event ${seq} is not what follows the one before it.`,
  );
}
