import { z } from "zod";
import { tierSchema } from "./tier.js";

const probability = z.number().min(0).max(1);

/** What was known when the call was proposed (S0:51-54). */
export const observationSchema = z.strictObject({
  data: z.record(z.string(), z.unknown()),
  sources: z.array(z.strictObject({ name: z.string(), trust: z.enum(["trusted", "untrusted"]) })),
  signals: z.array(z.string()),
});

/** What it means (S0:56-59). */
export const analysisSchema = z.strictObject({
  meaning: z.string(),
  probabilities: z.record(z.string(), probability),
  risks: z.array(z.string()),
});

/**
 * A tool call asked for and not yet allowed (S0:7-14, 61-64). `call_id` is the idempotency key:
 * the id of the execution it belongs to. The capability token travels beside it, never in it.
 */
export const proposalSchema = z.strictObject({
  call_id: z.string().min(1).max(256),
  what: z.strictObject({
    tool: z.string().min(1).max(128),
    args: z.record(z.string(), z.unknown()),
    args_hash: z.string().length(64),
  }),
  when: z.strictObject({ phase: z.string(), cycle: z.int().nonnegative() }),
  who: z.strictObject({ agent: z.string(), tier: tierSchema, task: z.string() }),
  /** How we will know that it was done correctly. */
  verification: z.string().min(1),
  action: z.string().min(1),
  expectedOutcomes: z.array(z.string()),
  failureModes: z.array(z.string()),
  observation: observationSchema,
  analysis: analysisSchema,
});
export type Proposal = z.infer<typeof proposalSchema>;
