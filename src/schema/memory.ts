import { z } from "zod";
import { recordKeySchema, recordTextSchema } from "./record-text.js";
import { agentStatusSchema } from "./states.js";

/** Repository-relative paths a record concerns. */
const pathsSchema = z.array(recordKeySchema).max(1_000);

/** How a decision stands by itself. */
export const decisionStatusSchema = z.enum(["proposed", "accepted", "rejected", "deprecated"]);
export type DecisionStatus = z.infer<typeof decisionStatusSchema>;

/** A recorded decision (S3:286-300). `timestamp` is Unix epoch milliseconds. */
export const decisionSchema = z.object({
  id: recordKeySchema,
  question: recordTextSchema.min(1),
  decision: recordTextSchema.min(1),
  rationale: recordTextSchema,
  alternatives_rejected: z.array(z.object({ option: recordTextSchema, reason: recordTextSchema })).max(1_000),
  made_by: recordKeySchema,
  timestamp: z.number(),
  confidence: z.number().min(0).max(1),
  project: recordKeySchema.optional(),
  /** Accepted unless it says otherwise; whether it is superseded follows from the decisions after it. */
  status: decisionStatusSchema.optional(),
  /** Files it concerns; when one changes afterwards, the brief calls the decision unverified. */
  paths: pathsSchema.optional(),
  /** Id of the decision this one replaces; the brief leaves that one out. */
  supersedes: recordKeySchema.optional(),
});
export type Decision = z.infer<typeof decisionSchema>;

/** How an error was got rid of (S3:322-326). */
export const solutionSchema = z.object({
  fix: recordTextSchema.min(1),
  root_cause: recordTextSchema,
  patch: recordTextSchema.optional(),
});
export type Solution = z.infer<typeof solutionSchema>;

/** A recorded error, with its known fix when there is one (S3:316-328). */
export const issueSchema = z.object({
  type: recordKeySchema,
  error: recordTextSchema.min(1),
  file: recordKeySchema.optional(),
  solution: solutionSchema.optional(),
  resolved: z.boolean(),
});
export type Issue = z.infer<typeof issueSchema>;

/** A note for whoever comes next. `paths`: files it is about. */
export const noteSchema = z.object({ text: recordTextSchema.min(1), paths: pathsSchema.optional() });
export type Note = z.infer<typeof noteSchema>;

/** A task of people or agents who run no plan. `estimate` is in hours. */
export const ownTaskSchema = z.object({
  id: recordKeySchema.max(128),
  title: recordTextSchema.min(1),
  owner: recordKeySchema.optional(),
  estimate: z.number().positive().max(1_000_000).optional(),
  /** Ids of tasks to be done before. */
  needs: z.array(recordKeySchema).max(1_000).optional(),
  files: pathsSchema.optional(),
});
export type OwnTask = z.infer<typeof ownTaskSchema>;

const listSchema = z.array(recordTextSchema).max(10_000);

/** An agent or a person as a Worknode (S3:180-193); the same record for both (S3:420). */
export const worknodeRecordSchema = z.object({
  id: recordKeySchema,
  type: z.enum(["AI_AGENT", "HUMAN"]),
  name: recordKeySchema,
  capabilities: listSchema,
  current_project: recordKeySchema.nullable(),
  current_task: recordKeySchema.nullable(),
  session_start: z.number(),
  context_loaded: z.boolean(),
  memory_budget: z.int().positive(),
  status: agentStatusSchema,
  files_open: listSchema.default([]),
  context_items: listSchema.default([]),
  blockers: listSchema.default([]),
});
export type WorknodeRecord = z.infer<typeof worknodeRecordSchema>;
/** A record as given: what an agent has open, knows and is held up by may be told later (S3:198-203). */
export type WorknodeInput = z.input<typeof worknodeRecordSchema>;

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
