import { duplicateEvent } from "../faults.js";
import { answerRequest } from "../sql/answer-request.js";
import { askRequestAgain } from "../sql/ask-request-again.js";
import { failRequest } from "../sql/fail-request.js";
import { insertRequest } from "../sql/insert-request.js";
import { nanoUsd, type Projector, type Projectors } from "./projector.js";

/**
 * Money and tokens. A request reserves its worst case (`open`). A reply settles it: the reservation
 * goes, what was spent stays. A failed attempt releases it, unless bytes had arrived (`charged`):
 * then it stays reserved for good. A request asked again after a crash leaves its first reservation
 * charged. So what is reserved is open + charged, and what is spent is only what replies reported.
 */
const ask: Projector<"MODEL_REQUEST"> = (db, { payload, run, task }) => {
  const { request, agent, tier, model, reserved_usd, reserved_tokens } = payload;
  const key = { cycle: run, request, nano_usd: nanoUsd(reserved_usd), tokens: reserved_tokens };
  if (db.run(insertRequest, { ...key, task: task ?? "-", agent, tier, model, asked: 1 }) === 1) return;
  if (db.run(askRequestAgain, key) === 0) throw duplicateEvent("MODEL_REQUEST", request);
};

/** A reply whose request was never noted is one that reserved nothing. */
const answer: Projector<"MODEL_RESPONSE"> = (db, { payload, run, task, seq }) => {
  const { request, agent, tier, reply, usd } = payload;
  const settled = {
    cycle: run,
    request,
    seq,
    nano_usd: nanoUsd(usd),
    input_tokens: reply.usage.input_tokens,
    output_tokens: reply.usage.output_tokens,
    cache_read_tokens: reply.usage.cache_read_input_tokens,
    cache_write_tokens: reply.usage.cache_creation_input_tokens,
  };
  if (db.run(answerRequest, settled) === 1) return;
  const unasked = { cycle: run, request, nano_usd: 0, tokens: 0, task: task ?? "-", asked: 0 };
  const added = db.run(insertRequest, { ...unasked, agent, tier, model: reply.model });
  if (added === 0) throw duplicateEvent("MODEL_RESPONSE", request);
  db.run(answerRequest, settled);
};

/** `requests`. */
export const usageProjectors: Projectors = {
  MODEL_REQUEST: ask,
  MODEL_RESPONSE: answer,
  MODEL_FAILED: (db, { payload: { request, charged }, run }) => {
    db.run(failRequest, { cycle: run, request, charged: charged ? 1 : 0 });
  },
};
