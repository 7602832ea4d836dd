import { z } from "zod";
import {
  decisionSchema,
  decisionStatusSchema,
  issueSchema,
  noteSchema,
  ownTaskSchema,
  solutionSchema,
} from "./memory.js";

/** Events of what is remembered outside plans: decisions, issues, notes and own tasks. */
export const memoryEvents = {
  DECISION_RECORDED: decisionSchema,
  /** A proposed decision is accepted or rejected, an accepted one deprecated; what it says stays. */
  DECISION_STATUS_SET: z.object({ id: z.string(), status: decisionStatusSchema, reason: z.string(), by: z.string() }),
  /** A decision, an issue or a note (`ev_N`) is to be told before others, or no longer. */
  RECORD_PINNED: z.object({ id: z.string(), pinned: z.boolean(), by: z.string() }),
  /** `command`: what ended with it; `offered`: whether its known fix was told there. */
  ISSUE_RECORDED: issueSchema.extend({
    id: z.string(),
    fingerprint: z.string(),
    command: z.string().optional(),
    offered: z.boolean().optional(),
  }),
  /** An issue is got rid of; `command`: what failed with it and now succeeds. */
  ISSUE_RESOLVED: z.object({
    id: z.string(),
    solution: solutionSchema,
    by: z.string(),
    command: z.string().optional(),
  }),
  /** A known fix was applied, and helped or not. */
  FIX_OUTCOME: z.object({ id: z.string(), worked: z.boolean(), by: z.string(), command: z.string().optional() }),
  NOTE_RECORDED: noteSchema,
  /** A task outside plans, and who took it. */
  TASK_ADDED: ownTaskSchema,
  TASK_CLAIMED: z.object({ by: z.string() }),
  /** `pm_assign`, `pm_set_deadline` (S3:366-371). */
  TASK_ASSIGNED: z.object({ assignee: z.string(), by: z.string() }),
  DEADLINE_SET: z.object({ deadline: z.number(), by: z.string() }),
  /** `createTrigger` (S3:96-144); kept, and inactive until the scheduler exists. */
  TRIGGER_CREATED: z.object({ name: z.string(), kind: z.string(), trigger: z.record(z.string(), z.unknown()) }),
} as const;
