import { asRecord, type Finish, placeOf, toolResult } from "./chain.js";
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
