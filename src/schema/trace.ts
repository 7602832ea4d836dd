import { z } from "zod";

/** Outcome on END (REQUIREMENTS C17). */
export const endOutcomeSchema = z.enum(["ACCEPT", "REJECT", "CONTINUE", "ERROR", "BLOCKED", "CANCELLED"]);
export type EndOutcome = z.infer<typeof endOutcomeSchema>;

/** The one explicit task of an execution (S1:11). */
export const domainTaskSchema = z.strictObject({
  id: z.string().min(1),
  title: z.string(),
  /** The conversation this execution is part of. */
  conversation: z.string().min(1),
});
export type DomainTask = z.infer<typeof domainTaskSchema>;

/** S1:14-18; any other member is refused. */
export const controllerRequestSchema = z.strictObject({ domain: z.strictObject({ task: domainTaskSchema }) });
export type ControllerRequest = z.infer<typeof controllerRequestSchema>;

const toolRequestSchema = z.strictObject({ tool_name: z.string().min(1), args: z.record(z.string(), z.unknown()) });

/** Exactly one of `result` and `tool_request` (S1:36-52). */
export const workOutputSchema = z.union([
  z.strictObject({ result: z.record(z.string(), z.unknown()) }),
  z.strictObject({ tool_request: toolRequestSchema }),
]);
export type WorkOutput = z.infer<typeof workOutputSchema>;

/** `feedback` is required on REJECT (S1:70-83). */
export const criticOutputSchema = z.union([
  z.strictObject({ decision: z.literal("ACCEPT"), feedback: z.string().optional() }),
  z.strictObject({ decision: z.literal("REJECT"), feedback: z.string().trim().min(1) }),
]);
export type CriticOutput = z.infer<typeof criticOutputSchema>;

/** Entries of an execution's trace, PLAN first and END last (contract, DESIGN §10). */
export const traceEntrySchema = z.discriminatedUnion("state", [
  z.strictObject({
    state: z.literal("PLAN"),
    agent_id: z.string(),
    output: z.strictObject({ task: domainTaskSchema, worker_id: z.string() }),
  }),
  z.strictObject({
    state: z.literal("WORK"),
    agent_id: z.string(),
    output: workOutputSchema,
    event: z.string().optional(),
  }),
  z.strictObject({
    state: z.literal("TOOL"),
    tool_name: z.string(),
    input: z.record(z.string(), z.unknown()),
    output: z.unknown(),
  }),
  z.strictObject({ state: z.literal("CRITIC"), agent_id: z.string(), output: criticOutputSchema }),
  z.strictObject({ state: z.literal("END"), outcome: endOutcomeSchema }),
]);
export type TraceEntry = z.infer<typeof traceEntrySchema>;

/** The immutable answer of one execution (S1:85-97); `seal` is SHA-256 over the rest. */
export const controllerResponseSchema = z.strictObject({
  task: domainTaskSchema,
  worker_id: z.string(),
  worker_output: workOutputSchema.nullable(),
  critic_decision: criticOutputSchema.nullable(),
  trace: z.array(traceEntrySchema).min(1).max(6),
  seal: z.string().length(64),
});
export type ControllerResponse = z.infer<typeof controllerResponseSchema>;
