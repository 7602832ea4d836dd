import { z } from "zod";
import { durationSchema, expressionSchema, planIdSchema, planTextSchema } from "./plan-scalar.js";

/** What a trigger asks for; it makes a request, it never acts (DESIGN §4). */
export const planTriggerActionSchema = z.strictObject({
  type: z.enum(["SPAWN_AGENT", "NOTIFY", "ESCALATE", "RUN_TASK", "REPORT"]),
  to: planTextSchema.optional(),
  task: planIdSchema.optional(),
  agent_config: z
    .strictObject({
      role: planIdSchema,
      model: planTextSchema.optional(),
      auto_terminate: z.boolean().default(true),
      max_duration: durationSchema.optional(),
      task: z.record(z.string(), z.unknown()).optional(),
    })
    .optional(),
});
export type PlanTriggerAction = z.infer<typeof planTriggerActionSchema>;

const rawTriggerSchema = z.strictObject({
  name: planTextSchema,
  /** Sources spell the kind both ways; they are normalised to `kind` (REQUIREMENTS C12). */
  schedule: z.enum(["CRON", "PERIODIC", "DEADLINE", "EVENT"]).optional(),
  type: z.enum(["CRON", "PERIODIC", "DEADLINE", "EVENT"]).optional(),
  timezone: planTextSchema.optional(),
  cron: planTextSchema.optional(),
  every: durationSchema.optional(),
  of: planTextSchema.optional(),
  ladder: z
    .array(z.strictObject({ before: durationSchema, action: planTriggerActionSchema }))
    .min(1)
    .max(20)
    .optional(),
  event_type: planTextSchema.optional(),
  key: expressionSchema.optional(),
  condition: z
    .strictObject({
      consecutive_failures: z.int().min(1).optional(),
      agent_idle_for: durationSchema.optional(),
    })
    .optional(),
  cooldown: durationSchema.optional(),
  catchUp: z
    .strictObject({
      window: durationSchema.default(43_200_000),
      policy: z.enum(["none", "latest", "all"]).default("latest"),
    })
    .optional(),
  overlap: z.enum(["skip", "buffer-one", "cancel-other", "allow"]).default("skip"),
  action: planTriggerActionSchema.optional(),
});
type RawTrigger = z.infer<typeof rawTriggerSchema>;

/** Field each kind cannot do without. */
const REQUIRED: Record<NonNullable<RawTrigger["schedule"]>, keyof RawTrigger> = {
  CRON: "cron",
  PERIODIC: "every",
  DEADLINE: "ladder",
  EVENT: "event_type",
};

function triggerFault(trigger: RawTrigger): string | undefined {
  const { schedule, type } = trigger;
  if ((schedule === undefined) === (type === undefined)) return "bad-trigger|a trigger has either schedule or type";
  const kind = schedule ?? type ?? "CRON";
  const needed = REQUIRED[kind];
  if (trigger[needed] === undefined) return `bad-trigger|a ${kind} trigger needs '${needed}'`;
  const foreign = Object.values(REQUIRED).find((field) => field !== needed && trigger[field] !== undefined);
  if (foreign !== undefined) return `bad-trigger|'${foreign}' has no meaning in a ${kind} trigger`;
  if ((trigger.action === undefined) !== (kind === "DEADLINE")) {
    return "bad-trigger|a trigger needs an action; a DEADLINE trigger has one on each rung of its ladder instead";
  }
  return undefined;
}

/** A time, deadline, event or idle trigger (S3:98-144). Parsed and linted; run by `trigger/` later. */
export const planTriggerSchema = rawTriggerSchema.transform((trigger, context) => {
  const fault = triggerFault(trigger);
  if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
  const { schedule, type, ...rest } = trigger;
  return { kind: schedule ?? type ?? "CRON", ...rest };
});
export type PlanTrigger = z.infer<typeof planTriggerSchema>;
