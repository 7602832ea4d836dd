import type { StoredEvent } from "../../schema/event.js";
import type { Connection } from "../connection.js";
import { duplicateEvent } from "../faults.js";
import { addUsage } from "../sql/add-usage.js";
import { insertRequest } from "../sql/insert-request.js";
import { readRequest } from "../sql/read-request.js";
import { updateRequest } from "../sql/update-request.js";
import { nanoUsd, type Projector, type Projectors } from "./projector.js";

/**
 * Money and tokens. A request reserves its worst case (`open`). A reply settles it: the reservation
 * goes, what was spent stays. A failed attempt releases it, unless bytes had arrived (`charged`):
 * then it stays reserved for good. A request asked again after a crash leaves its first reservation
 * charged. So `reserved` = open + charged, and `spent` holds only what replies reported.
 */
interface RequestRow {
  request: string;
  cycle: number;
  task: string;
  agent: string;
  tier: string;
  model: string;
  reserved_nano_usd: number;
  reserved_tokens: number;
  open: number;
  reply_seq: number | null;
}

const NOTHING = {
  requests: 0,
  replies: 0,
  reserved_nano_usd: 0,
  reserved_tokens: 0,
  spent_nano_usd: 0,
  input_tokens: 0,
  output_tokens: 0,
  cache_read_tokens: 0,
  cache_write_tokens: 0,
};

function add(db: Connection, row: RequestRow, sums: Partial<typeof NOTHING>): void {
  const { cycle, task, agent, tier, model } = row;
  db.run(addUsage, { cycle, task, agent, tier, model, ...NOTHING, ...sums });
}

function update(db: Connection, row: RequestRow): void {
  const { request, reserved_nano_usd, reserved_tokens, open, reply_seq } = row;
  db.run(updateRequest, { request, reserved_nano_usd, reserved_tokens, open, reply_seq });
}

const request: Projector<"MODEL_REQUEST"> = (db, { payload, run, task }) => {
  const { agent, tier, model } = payload;
  const reserved = { reserved_nano_usd: nanoUsd(payload.reserved_usd), reserved_tokens: payload.reserved_tokens };
  const key = { request: payload.request, cycle: run, task: task ?? "-", agent, tier, model };
  const row: RequestRow = { ...key, ...reserved, open: 1, reply_seq: null };
  if (db.run(insertRequest, { ...row }) === 0) {
    const known = db.get<RequestRow>(readRequest, [row.request]);
    if (known?.reply_seq != null) throw duplicateEvent("MODEL_REQUEST", row.request);
    update(db, row);
  }
  add(db, row, { ...reserved, requests: 1 });
};

function rowOf(db: Connection, event: StoredEvent<"MODEL_RESPONSE">): RequestRow {
  const { request: id, agent, tier, reply } = event.payload;
  const known = db.get<RequestRow>(readRequest, [id]);
  if (known !== undefined) return known;
  const key = { request: id, cycle: event.run, task: event.task ?? "-", agent, tier, model: reply.model };
  const row: RequestRow = { ...key, reserved_nano_usd: 0, reserved_tokens: 0, open: 0, reply_seq: null };
  db.run(insertRequest, { ...row });
  return row;
}

const response: Projector<"MODEL_RESPONSE"> = (db, event) => {
  const row = rowOf(db, event);
  if (row.reply_seq !== null) throw duplicateEvent("MODEL_RESPONSE", row.request);
  const { usage } = event.payload.reply;
  update(db, { ...row, open: 0, reply_seq: event.seq });
  add(db, row, {
    replies: 1,
    reserved_nano_usd: row.open === 1 ? -row.reserved_nano_usd : 0,
    reserved_tokens: row.open === 1 ? -row.reserved_tokens : 0,
    spent_nano_usd: nanoUsd(event.payload.usd),
    input_tokens: usage.input_tokens,
    output_tokens: usage.output_tokens,
    cache_read_tokens: usage.cache_read_input_tokens,
    cache_write_tokens: usage.cache_creation_input_tokens,
  });
};

/** A failure charges once each time, whether the reservation was still open or had been let go before. */
const failure: Projector<"MODEL_FAILED"> = (db, { payload }) => {
  const row = db.get<RequestRow>(readRequest, [payload.request]);
  if (row === undefined || row.reply_seq !== null) return;
  const held = row.open - (payload.charged ? 1 : 0);
  update(db, { ...row, open: 0 });
  add(db, row, {
    reserved_nano_usd: -held * row.reserved_nano_usd,
    reserved_tokens: -held * row.reserved_tokens,
  });
};

/** `requests` and `usage`. */
export const usageProjectors: Projectors = {
  MODEL_REQUEST: request,
  MODEL_RESPONSE: response,
  MODEL_FAILED: failure,
};
