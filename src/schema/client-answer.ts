import { z } from "zod";
import { decisionSchema, issueSchema, projectContextSchema, worknodeRecordSchema } from "./memory.js";
import { cycleStatusSchema, taskStatusSchema } from "./states.js";

const text = z.string();
const count = z.int().min(0);

const issue = issueSchema.extend({
  id: text,
  fingerprint: text,
  count,
  applied: count,
  worked: count,
  task: text.nullable(),
  seq: z.int(),
});

const task = z.looseObject({
  cycle: count.describe("0: outside plans"),
  id: text,
  title: text,
  status: taskStatusSchema,
  owner: text,
  agent: text.nullable(),
  needs: z.array(text),
  files: z.array(text),
  summary: text.nullable(),
  deadline: z.number().nullable(),
  worktree: text.nullable(),
});

const foundDecision = decisionSchema.omit({ status: true }).extend({
  status: z.enum(["proposed", "accepted", "rejected", "deprecated", "superseded"]).optional(),
  superseded_by: text.optional(),
});

const estimate = z.object({
  role: text.optional(),
  kind: text.nullish(),
  estimate: z.number().optional(),
  suggestion: z.number().optional(),
  ratio: z.number().optional(),
  n: count.optional(),
  result: z.null().optional().describe("Nothing is learnt yet"),
});

const coordinated = z.object({ result: text });

/** What each tool of a client outside a run answers with, as an object. */
export const clientAnswerSchemas = {
  continue: z.object({
    text,
    nothing: z.literal(true).optional().describe("There is nothing to continue"),
    last: text.nullish(),
    cycle: count.optional(),
    task: text.nullish(),
    resume: text.optional(),
    sections: z.array(z.object({ heading: text, lines: z.array(text) })).optional(),
    tokens: count.optional(),
  }),
  status: z.object({
    cycle: z.looseObject({ number: count, title: text, status: cycleStatusSchema }).nullable(),
    tasks: z.array(task),
    own_tasks: z.array(task),
    totals: z.looseObject({ spent_usd: z.number(), spent_tokens: count }).nullable(),
    approvals: z.array(z.looseObject({ id: text, message: text })),
    escalations: z.array(z.looseObject({ id: text, reason: text })),
    cycles: z.array(z.object({ number: count, title: text, status: cycleStatusSchema })),
  }),
  search: projectContextSchema,
  search_decisions: z.object({ decisions: z.array(foundDecision) }),
  search_issues: z.object({ issues: z.array(z.looseObject(issue.shape)) }),
  pm_get_status: z.object({
    cycle: count,
    status: cycleStatusSchema,
    title: text,
    tasks: z.partialRecord(taskStatusSchema, count),
    progress: z.number().min(0).max(1),
    deadlines: z.array(z.object({ task: text, deadline: z.number() })),
    blockers: z.array(text),
  }),
  suggest_estimate: estimate,
  create_decision: decisionSchema,
  set_decision_status: foundDecision,
  create_issue: z.looseObject(issue.shape),
  resolve_issue: z.looseObject(issue.shape),
  record_fix_outcome: z.looseObject(issue.shape),
  create_note: z.object({ id: text }),
  pin_record: z.object({ id: text, pinned: z.boolean() }),
  create_trigger: z.object({ name: text, kind: text, active: z.boolean() }),
  update_self: worknodeRecordSchema,
  claim_task: task,
  finish_task: task,
  pm_assign: task,
  pm_set_deadline: task,
  plan_new: z.object({ path: text, hash: text, next: text }),
  run: z.object({
    cycle: count,
    state: z.enum(["running", "ended"]),
    next: text.optional(),
    exit_code: z.int().optional(),
    reason: text.optional(),
  }),
  spawn_agent: coordinated,
  assign_task: coordinated,
} as const;
