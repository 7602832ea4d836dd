import { z } from "zod";

const actionSchema = z.looseObject({
  type: z.string().min(1),
  agent_config: z
    .looseObject({
      model: z.string().min(1).optional(),
      role: z.string().min(1),
      auto_terminate: z.boolean().optional(),
      /** Milliseconds. */
      max_duration: z.number().positive().optional(),
    })
    .optional(),
});

/**
 * Input of `createTrigger` (S3:96-144). The sources write the kind as `schedule` for CRON and as
 * `type` for the others; both are accepted and mean the same (REQUIREMENTS C12).
 */
export const triggerSchema = z
  .object({
    name: z.string().min(1),
    schedule: z.enum(["CRON", "DEADLINE", "EVENT", "IDLE"]).optional(),
    type: z.enum(["CRON", "DEADLINE", "EVENT", "IDLE"]).optional(),
    cron: z.string().optional(),
    timezone: z.string().optional(),
    event_type: z.string().min(1).optional(),
    condition: z.record(z.string(), z.unknown()).optional(),
    action: actionSchema,
  })
  .strict();
export type TriggerInput = z.infer<typeof triggerSchema>;

/** Answer of `createTrigger`: kept, and not firing until the scheduler exists. */
export interface TriggerRecord {
  name: string;
  kind: "CRON" | "DEADLINE" | "EVENT" | "IDLE";
  active: false;
}
