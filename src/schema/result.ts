import { z } from "zod";
import { outcomeSchema } from "./verdict.js";

/** Rollout modes (S2:32). */
export const rolloutModeSchema = z.enum(["off", "canary", "enforced"]);
export type RolloutMode = z.infer<typeof rolloutModeSchema>;

/** One row for each resolved target (S2:47, 85-97). */
export const hostOutcomeSchema = z.object({
  Host: z.string(),
  DispatchStatus: z.enum(["dispatched", "not_dispatched", "failed", "unknown"]),
  AttemptCount: z.int().min(0),
  LastFailureClass: z.string().nullable(),
  LastFailureMessage: z.string().nullable(),
});
export type HostOutcome = z.infer<typeof hostOutcomeSchema>;

/** Fields of source 002, carried by results of `run`, `tool` and `rollout` in every mode (DESIGN §13). */
export const dispatchResultSchema = z.object({
  PolicyOutcome: outcomeSchema,
  PolicyReason: z.string(),
  HostOutcomes: z.array(hostOutcomeSchema),
  BlastRadius: z.array(z.string()),
  EffectiveMode: rolloutModeSchema,
  OperationIntent: z.string(),
  DispatchMode: rolloutModeSchema,
  ExecutionOutcome: z.enum(["succeeded", "failed", "partial", "not_executed"]),
  ExecutionStartedAt: z.string().nullable(),
  ExecutionCompletedAt: z.string().nullable(),
});
export type DispatchResult = z.infer<typeof dispatchResultSchema>;
