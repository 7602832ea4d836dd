import { z } from "zod";
import { capabilitySchema } from "./capability.js";
import { conversationKindSchema } from "./conversation.js";
import { worknodeRecordSchema } from "./memory.js";
import { modelReplySchema } from "./message.js";
import { runtimeSchema } from "./runtime.js";
import { tierSchema } from "./tier.js";
import { endOutcomeSchema, traceEntrySchema } from "./trace.js";

/** What a spawner handed on that no capability says: absent for the plan's own agents, and in logs of earlier versions. */
const handedSchema = z.strictObject({
  /** What it gave less of than the task has, under any task; absent in logs of earlier versions. */
  asked: z
    .strictObject({
      files: z.array(z.string()).optional(),
      max_complexity: z.int().positive().optional(),
      max_function_lines: z.int().positive().optional(),
      max_executions: z.int().positive().optional(),
    })
    .optional(),
  /** When the elevated grant it came of ends (epoch ms). */
  until_ms: z.int().nonnegative().optional(),
  /** A budget of its own; without one it is charged to its spawner's alone. Money in US dollars. */
  usd: z.number().nonnegative().optional(),
  tokens: z.int().nonnegative().optional(),
  /** When the spawner's own time was to end (epoch ms). */
  ends_at_ms: z.int().nonnegative().optional(),
});
export type Handed = z.infer<typeof handedSchema>;

/** Events of agents and of what they say to the model. */
export const conversationEvents = {
  AGENT_SPAWNED: z.object({
    agent: worknodeRecordSchema,
    role: z.string(),
    tier: tierSchema,
    model: z.string(),
    parent: z.string().nullable(),
    token_hash: z.string(),
    capability: capabilitySchema,
    handed: handedSchema.optional(),
  }),
  AGENT_UPDATED: z.object({ agent: worknodeRecordSchema }),
  AGENT_TERMINATED: z.object({ agent_id: z.string(), reason: z.string() }),
  CONVERSATION_STARTED: z.object({
    conversation: z.string(),
    kind: conversationKindSchema,
    agent: z.string(),
    model: z.string(),
    system: z.string(),
    tools: z.array(z.string()),
    /** First user message. */
    prompt: z.string(),
  }),
  /** Claude Code is started for a conversation; `session` is its own id, to be resumed. */
  RUNTIME_STARTED: z.object({
    conversation: z.string(),
    runtime: runtimeSchema,
    version: z.string(),
    session: z.string(),
    resumed: z.boolean(),
  }),
  /** A user message added to a conversation: tool results, or the one nudge. */
  CONVERSATION_APPENDED: z.object({ conversation: z.string(), content: z.array(z.unknown()) }),
  CONVERSATION_ENDED: z.object({ conversation: z.string(), outcome: z.string() }),
  /** A request about to be sent; its reservation stays charged until a reply settles it. */
  MODEL_REQUEST: z.object({
    conversation: z.string(),
    request: z.string(),
    agent: z.string(),
    tier: tierSchema,
    model: z.string(),
    reserved_usd: z.number().nullable(),
    reserved_tokens: z.int(),
  }),
  MODEL_RESPONSE: z.object({
    conversation: z.string(),
    request: z.string(),
    agent: z.string(),
    tier: tierSchema,
    reply: modelReplySchema,
    usd: z.number().nullable(),
    attempts: z.int(),
  }),
  /** An attempt that brought no whole reply. `charged`: the reservation stays (bytes had arrived). */
  MODEL_FAILED: z.object({
    conversation: z.string(),
    request: z.string(),
    attempt: z.int(),
    failure_class: z.string(),
    message: z.string(),
    charged: z.boolean(),
  }),
  EXECUTION_ENDED: z.object({
    outcome: endOutcomeSchema,
    worker_id: z.string(),
    seal: z.string(),
    conversation: z.string(),
    /** Why it ended early, where it did. */
    reason: z.string().optional(),
    trace: z.array(traceEntrySchema),
  }),
} as const;
