import { z } from "zod";

/** What `worknode violations --output-format json` prints; `stream-json` prints its rows, one a line. */
export const violationReportSchema = z.strictObject({
  /** Oldest first. */
  violations: z.array(
    z.strictObject({
      /** The SECURITY_VIOLATION event. */
      event: z.string(),
      /** ISO 8601, UTC. */
      at: z.string(),
      cycle: z.int(),
      task: z.string().nullable(),
      agent: z.string(),
      call_id: z.string(),
      code: z.string(),
      rule: z.string(),
      object: z.string(),
      message: z.string(),
      /** What would be allowed. */
      remedy: z.string(),
    }),
  ),
});
export type ViolationReport = z.infer<typeof violationReportSchema>;
