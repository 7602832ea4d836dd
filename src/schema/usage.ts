import { z } from "zod";
import { tierSchema } from "./tier.js";

/** Money in US dollars. `reserved`: open, or charged without a reply; `spent`: what replies reported. */
export const usageSumsSchema = z.strictObject({
  requests: z.int(),
  replies: z.int(),
  reserved_usd: z.number(),
  reserved_tokens: z.int(),
  spent_usd: z.number(),
  spent_tokens: z.int(),
  input_tokens: z.int(),
  output_tokens: z.int(),
  cache_read_tokens: z.int(),
  cache_write_tokens: z.int(),
});

/** The same sums by task, agent, tier and model. */
export const usageSchema = usageSumsSchema.extend({
  cycle: z.int(),
  /** `-` outside tasks. */
  task: z.string(),
  agent: z.string(),
  tier: tierSchema,
  model: z.string(),
});
