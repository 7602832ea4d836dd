import { z } from "zod";
import { dispatchResultSchema } from "./result.js";
import { taskStatusSchema } from "./states.js";
import { usageSchema } from "./usage.js";

/** Figures of a run, all read from the log. */
export const runSummarySchema = z.strictObject({
  /** How many tasks are in each state; states without one are absent. */
  tasks: z.partialRecord(taskStatusSchema, z.int()),
  denials: z.int(),
  attempts: z.int(),
  tokens: z.int(),
  /** US dollars that replies cost, and those reserved for requests without one. */
  usd: z.number(),
  reserved: z.number(),
  /** By task, agent, tier and model. */
  usage: z.array(usageSchema),
  elapsedMs: z.number(),
  /** The branch that holds the result. */
  branch: z.string(),
  /** How to look at the trace. */
  trace: z.string(),
});
export type RunSummary = z.infer<typeof runSummarySchema>;

/** What `run` and `continue` print last with `--output-format json` or `stream-json`: the fields of source 002 at the top. */
export const runReportSchema = dispatchResultSchema.extend({
  type: z.literal("result"),
  /** As the process ends (DESIGN §13). */
  exitCode: z.int(),
  reason: z.string(),
  cycle: z.int(),
  summary: runSummarySchema,
});
export type RunReport = z.infer<typeof runReportSchema>;
