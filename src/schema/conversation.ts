import { z } from "zod";

/**
 * The five conversations (contract, DESIGN §10) and the tool that ends each:
 * plan-review → submit_plan_review; work → submit_result or report_blocker; critic and audit →
 * submit_verdict; escalation → resolve_escalation.
 */
export const conversationKindSchema = z.enum(["plan-review", "work", "critic", "audit", "escalation"]);
export type ConversationKind = z.infer<typeof conversationKindSchema>;
