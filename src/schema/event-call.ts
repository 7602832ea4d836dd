import { z } from "zod";
import { claimedWho } from "./claimed-who.js";
import { changeSchema, refusedChangeSchema } from "./effect.js";
import { proposalSchema } from "./proposal.js";
import { verdictSchema } from "./verdict.js";

/** Events of one call from proposal to result, and of what is handed to somebody above. */
export const callEvents = {
  PROPOSAL: proposalSchema,
  VERDICT: verdictSchema.extend({
    call_id: z.string(),
    mode: z.enum(["auto", "reviewed"]),
    /** The capability it was judged under, by id, when, and until when that was valid (ms). */
    under: z.object({ capability: z.string(), at: z.number(), exp: z.number() }).optional(),
    /**
     * Of a write whose journal is this log (docs/adr/0011): what it is about to change, what its caller waits for, and the
     * boot of the machine, as a file that nobody forced to disk may be gone in the next one.
     */
    keeps: z.object({ boot: z.string(), tool_use_id: z.string(), changes: z.array(changeSchema) }).optional(),
  }),
  EFFECT_KEPT: z.object({ call_id: z.string(), changes: z.array(changeSchema) }),
  EFFECT_DISCARDED: z.object({
    call_id: z.string(),
    changes: z.array(changeSchema),
    refused: z.array(refusedChangeSchema),
    reason: z.string(),
  }),
  /** What the model is told about a call; with the effect event in one transaction. */
  TOOL_RESULT: z.object({
    call_id: z.string(),
    tool_use_id: z.string(),
    content: z.string(),
    is_error: z.boolean(),
    /** S0:80-83. */
    verification: z.object({
      succeeded: z.boolean(),
      outcomeCorrect: z.boolean(),
      retry: z.object({ should: z.boolean(), why: z.string() }),
    }),
  }),
  SECURITY_VIOLATION: z.object({
    call_id: z.string(),
    code: z.string(),
    rule: z.string(),
    subject: z.string(),
    object: z.string(),
    message: z.string(),
    remedy: z.string(),
  }),
  /** A notice to the executive; a violation writes one in its own transaction. */
  ALERT: z.object({
    severity: z.enum(["info", "warning", "critical"]),
    message: z.string(),
    to: z.string(),
    key: z.string().optional(),
  }),
  ESCALATION: z.object({
    id: z.string(),
    from: z.string(),
    reason: z.string(),
    needs: z.string().optional(),
    /** Files a person is asked to give the task. */
    amend: z.array(z.string()).optional(),
    to: z.enum(["executive", "human"]),
  }),
  ESCALATION_RESOLVED: z.object({
    id: z.string(),
    action: z.enum(["retry", "reassign", "amend", "block"]),
    by: z.string(),
    reason: z.string(),
    agent: z.string().optional(),
  }),
  APPROVAL_REQUESTED: z.object({
    id: z.string(),
    kind: z.enum(["gate", "call", "escalation"]),
    proposal_hash: z.string(),
    message: z.string(),
    require: z.array(z.string()),
    exclude: z.array(z.string()),
    expires_at: z.number(),
  }),
  APPROVAL_RESOLVED: z.object({
    id: z.string(),
    proposal_hash: z.string(),
    decision: z.enum(["approved", "rejected"]),
    by: z.string(),
    identity: claimedWho.nullable(),
    reason: z.string(),
    /** What the person was shown when they answered. */
    shown: z.string().optional(),
  }),
  CAPABILITY_REVOKED: z.object({ id: z.string(), reason: z.string() }),
} as const;
