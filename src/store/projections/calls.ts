import type { Proposal } from "../../schema/proposal.js";
import { duplicateEvent } from "../faults.js";
import { discardCall } from "../sql/discard-call.js";
import { endConversation } from "../sql/end-conversation.js";
import { endExecution } from "../sql/end-execution.js";
import { finishCall } from "../sql/finish-call.js";
import { insertConversation } from "../sql/insert-conversation.js";
import { keepCall } from "../sql/keep-call.js";
import { putCall } from "../sql/put-call.js";
import { putFileKept } from "../sql/put-file-kept.js";
import { updateCallVerdict } from "../sql/update-call-verdict.js";
import { keyOf, type Projector, type Projectors } from "./projector.js";

/** Characters of a call's object kept for lists. */
const MAX_OBJECT_CHARS = 200;
const OBJECT_ARGS = ["file_path", "path", "command", "pattern", "task", "role", "id"];

/** What a call is about, for people: its path, command or pattern. */
function objectOf(args: Proposal["what"]["args"]): string {
  const name = OBJECT_ARGS.find((each) => typeof args[each] === "string");
  return name === undefined ? "" : String(args[name]).slice(0, MAX_OBJECT_CHARS);
}

const keepEffects: Projector<"EFFECT_KEPT"> = (db, event) => {
  const { call_id, changes } = event.payload;
  const { cycle, task, seq } = keyOf(event);
  if (db.run(keepCall, { id: call_id, cycle, task }) === 0) throw duplicateEvent("EFFECT_KEPT", call_id);
  for (const { path, kind } of changes) db.run(putFileKept, { cycle, path, task, kind, seq, hlc: event.hlc });
};

const recordEnd: Projector<"EXECUTION_ENDED"> = (db, event) => {
  const { conversation, outcome, seal } = event.payload;
  const id = event.execution ?? `${conversation}:-`;
  if (db.run(endExecution, { ...keyOf(event), id, outcome, seal }) === 0) throw duplicateEvent("EXECUTION_ENDED", id);
};

/** `conversations`, `executions` (with the call of each), `files_kept`. A call has its execution's id. */
export const callProjectors: Projectors = {
  CONVERSATION_STARTED: (db, event) => {
    const { conversation, kind, agent, model } = event.payload;
    db.run(insertConversation, { ...keyOf(event), id: conversation, kind, agent, model });
  },
  CONVERSATION_ENDED: (db, { payload: { conversation, outcome } }) => {
    db.run(endConversation, { id: conversation, outcome });
  },
  PROPOSAL: (db, { payload: { call_id, what }, run, task }) => {
    db.run(putCall, { id: call_id, cycle: run, task, tool: what.tool, object: objectOf(what.args) });
  },
  VERDICT: (db, { payload: { call_id, outcome } }) => {
    db.run(updateCallVerdict, { id: call_id, outcome });
  },
  EFFECT_KEPT: keepEffects,
  EFFECT_DISCARDED: (db, { payload: { call_id }, run, task }) => {
    if (db.run(discardCall, { id: call_id, cycle: run, task }) === 0) throw duplicateEvent("EFFECT_DISCARDED", call_id);
  },
  TOOL_RESULT: (db, event) => {
    const { call_id } = event.payload;
    if (db.run(finishCall, { id: call_id, ...keyOf(event) }) === 0) throw duplicateEvent("TOOL_RESULT", call_id);
  },
  EXECUTION_ENDED: recordEnd,
};
