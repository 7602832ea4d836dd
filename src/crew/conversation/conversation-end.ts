import type { AnyNewEvent } from "../../schema/event.js";
import { eventAt } from "../state/records.js";
import { placeOf } from "./chain.js";
import type { Conversation } from "./conversation.js";

/** Events that end a conversation and the agent's hold on its task. */
export function endEvents(conversation: Conversation, outcome: string): AnyNewEvent[] {
  const place = placeOf(conversation, null);
  return [
    eventAt(place, "CONVERSATION_ENDED", { conversation: conversation.id, outcome }),
    eventAt(place, "AGENT_TERMINATED", { agent_id: conversation.agent, reason: `${conversation.kind} ended` }),
  ];
}
