import type { ConversationKind } from "../../schema/conversation.js";
import type { ToolUseBlock } from "../../schema/message.js";
import { FINISHING } from "../agent/grants.js";
import type { Crew } from "../state/context.js";
import { asRecord, type Finish, placeOf, toolResult } from "./chain.js";
import { type Conversation, loadConversation } from "./conversation.js";
import { endEvents } from "./conversation-end.js";
import type { FinishJudge } from "./converse.js";

/** Turns back a finishing call with the reason; the conversation goes on. */
export function turnBack(at: Parameters<FinishJudge>[0], feedback: string, by = "rules"): Finish {
  return {
    agent_id: by,
    output: { decision: "REJECT", feedback },
    outcome: "REJECT",
    events: [toolResult(placeOf(at.conversation, at.execution), at.call.id, feedback)],
    over: false,
  };
}

/** Which decision is meant: of a conversation about a task, whose outcome bears a mark. */
interface Decided {
  readonly task: string;
  readonly kind: ConversationKind;
  readonly mark: string;
}

/** The call that decided under a mark before a crash (`simpleVerdict`): nobody is asked for the same twice. */
export function callBefore(crew: Crew, { task, kind, mark }: Decided): ToolUseBlock | undefined {
  const rows = crew.store.queries.conversations(crew.cycle, task, kind);
  const known = rows.find(({ outcome }) => outcome?.endsWith(` ${mark}`) === true);
  const held = known === undefined ? undefined : loadConversation(crew.store, known.id);
  return held?.lastReply?.calls.find((call) => FINISHING[kind].has(call.name) && isAccepted(held, call));
}

/** A call that was turned back has an error for a result. */
function isAccepted({ results }: Conversation, { id }: ToolUseBlock): boolean {
  const result = results.get(id);
  return result !== undefined && result.is_error !== true;
}

/**
 * Judge of conversations that end with a decision: a REJECT needs feedback, and then the conversation is
 * over. `mark` is kept with the outcome so that the decision is found again for exactly what it was about.
 */
export function simpleVerdict(tool: string, mark = ""): FinishJudge {
  return async (at) => {
    const { decision, feedback, action } = asRecord(at.call.input) as {
      decision?: string;
      feedback?: string;
      action?: string;
    };
    if (decision === "REJECT" && (feedback ?? "").trim() === "")
      return turnBack(at, `${tool} with REJECT needs feedback that says exactly what must change.`);
    const outcome = `${decision ?? action ?? "done"} ${mark}`.trim();
    return {
      agent_id: at.conversation.agent,
      output: decision === "REJECT" ? { decision, feedback: feedback ?? "" } : { decision: "ACCEPT" },
      outcome: "ACCEPT",
      events: endEvents(at.conversation, outcome),
      over: true,
    };
  };
}
