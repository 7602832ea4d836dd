import { z } from "zod";
import { agentStatusSchema } from "./states.js";

/** A recorded decision (S3:286-300). `timestamp` is Unix epoch milliseconds. */
export const decisionSchema = z.object({
  id: z.string().min(1),
  question: z.string().min(1),
  decision: z.string().min(1),
  rationale: z.string(),
  alternatives_rejected: z.array(z.object({ option: z.string(), reason: z.string() })),
  made_by: z.string().min(1),
  timestamp: z.number(),
  confidence: z.number().min(0).max(1),
  project: z.string().optional(),
  /** Id of the decision this one replaces; the brief leaves that one out. */
  supersedes: z.string().optional(),
});
export type Decision = z.infer<typeof decisionSchema>;

/** A recorded error, with its known fix when there is one (S3:316-328). */
export const issueSchema = z.object({
  type: z.string().min(1),
  error: z.string().min(1),
  file: z.string().optional(),
  solution: z.object({ fix: z.string(), root_cause: z.string(), patch: z.string().optional() }).optional(),
  resolved: z.boolean(),
});
export type Issue = z.infer<typeof issueSchema>;

/** An agent or a person as a Worknode (S3:180-193); the same record for both (S3:420). */
export const worknodeRecordSchema = z.object({
  id: z.string().min(1),
  type: z.enum(["AI_AGENT", "HUMAN"]),
  name: z.string().min(1),
  capabilities: z.array(z.string()),
  current_project: z.string().nullable(),
  current_task: z.string().nullable(),
  session_start: z.number(),
  context_loaded: z.boolean(),
  memory_budget: z.int().positive(),
  status: agentStatusSchema,
  files_open: z.array(z.string()),
  context_items: z.array(z.string()),
  blockers: z.array(z.string()),
});
export type WorknodeRecord = z.infer<typeof worknodeRecordSchema>;

/** Answer of `search({type: 'PROJECT', …})`: exactly these members (S3:257-280). */
export const projectContextSchema = z.strictObject({
  current_task: z.string().nullable(),
  previous_completed: z.array(z.string()),
  blocking_issues: z.array(z.string()),
  decisions_made: z.array(z.string()),
  files_modified_today: z.array(z.string()),
  next_actions: z.array(z.string()),
});
export type ProjectContext = z.infer<typeof projectContextSchema>;
