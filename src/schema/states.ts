import { z } from "zod";

/** Task states (DESIGN §13). */
export const taskStatusSchema = z.enum([
  "PENDING",
  "READY",
  "IN_PROGRESS",
  "BLOCKED",
  "VERIFIED",
  "DONE",
  "REJECTED",
  "SKIPPED",
  "CANCELLED",
]);
export type TaskStatus = z.infer<typeof taskStatusSchema>;

/** Cycle states (S4:211, REQUIREMENTS C16). */
export const cycleStatusSchema = z.enum(["planning", "executing", "expressing", "reviewing", "done", "failed"]);
export type CycleStatus = z.infer<typeof cycleStatusSchema>;

/** Agent states (S3:193). */
export const agentStatusSchema = z.enum(["ACTIVE", "IDLE", "BLOCKED", "TERMINATED"]);
export type AgentStatus = z.infer<typeof agentStatusSchema>;
