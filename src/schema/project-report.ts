import { z } from "zod";
import { cycleStatusSchema, taskStatusSchema } from "./states.js";

/** What `worknode report --format json` prints for each project (REQUIREMENTS 82). Times are ISO 8601, UTC. */
export const projectReportSchema = z.strictObject({
  /** Top of the repository. */
  project: z.string(),
  since: z.string(),
  until: z.string(),
  /** The newest incomplete cycle. */
  cycle: z.strictObject({ number: z.int(), title: z.string(), status: cycleStatusSchema }).nullable(),
  /** Oldest first; cycle 0 holds the tasks outside plans. */
  done: z.array(
    z.strictObject({
      cycle: z.int(),
      task: z.string(),
      title: z.string(),
      summary: z.string(),
      by: z.string(),
      at: z.string(),
    }),
  ),
  in_progress: z.array(
    z.strictObject({ cycle: z.int(), task: z.string(), title: z.string(), status: taskStatusSchema, by: z.string() }),
  ),
  next: z.array(z.string()),
  blockers: z.array(z.string()),
  /** 0 to 1; null where it cannot be told. */
  deviation: z.number().nullable(),
  cost: z.strictObject({ usd: z.number(), tokens: z.int(), requests: z.int() }),
  decisions: z.array(z.strictObject({ id: z.string(), question: z.string(), decision: z.string() })),
  issues: z.strictObject({ seen: z.int(), resolved: z.int(), open: z.int() }),
  violations: z.int(),
});
export type ProjectReport = z.infer<typeof projectReportSchema>;
