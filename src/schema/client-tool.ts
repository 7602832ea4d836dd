import { z } from "zod";
import { decisionStatusSchema } from "./memory.js";
import { triggerSchema } from "./trigger.js";

const name = z.string().min(1);

/**
 * Tools of clients outside a run (MCP): what a person does with `worknode …`, except what is a person's alone:
 * nothing here approves, rejects, adds to a budget, imports or uninstalls. No agent of a plan holds them.
 */
export const clientToolSchemas = {
  continue: z.object({
    task: name.optional().describe("Only this task"),
    agent: name.optional().describe("Only this agent's or person's tasks"),
    budget: z.int().min(1).max(100_000).optional().describe("Tokens; 1500 unless told"),
  }),
  status: z.object({ cycle: z.int().min(0).optional().describe("A cycle's number; the newest unless told") }),
  search: z.object({
    type: z.literal("PROJECT"),
    assignee: name,
    status: name.describe("A task state, for example IN_PROGRESS"),
    project: name.optional(),
  }),
  set_decision_status: z.object({ id: name, status: decisionStatusSchema, reason: z.string().default("") }),
  resolve_issue: z.object({ id: name, fix: name, root_cause: z.string().default(""), patch: z.string().optional() }),
  record_fix_outcome: z.object({ id: name, worked: z.boolean() }),
  create_note: z.object({ text: name, paths: z.array(z.string()).optional() }),
  pin_record: z.object({
    id: name.describe("A decision's, an issue's or a note's id, as the brief cites it"),
    pinned: z.boolean().default(true),
  }),
  claim_task: z.object({ task: name.optional(), title: name.optional() }),
  finish_task: z.object({ task: name, summary: z.string().optional() }),
  update_self: z.object({
    current_task: name.nullable().optional(),
    files_open: z.array(z.string()).optional(),
    context_items: z.array(z.string()).optional(),
    blockers: z.array(z.string()).optional(),
  }),
  create_trigger: triggerSchema,
  pm_assign: z.object({ task: name, assignee: name, cycle: z.int().min(0).optional() }),
  pm_set_deadline: z.object({
    task: name,
    deadline: z.int().min(0).describe("Unix epoch milliseconds"),
    cycle: z.int().min(0).optional(),
  }),
  pm_get_status: z.object({ cycle: z.int().min(0).optional() }),
  suggest_estimate: z.object({ role: name, kind: name.optional(), estimate: z.number().positive() }),
  plan_new: z.object({
    id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
    source: name.describe("The plan as YAML (worknode/v1)"),
  }),
  run: z.object({
    plan: name.describe("Path of a plan a person approved"),
    inputs: z.record(z.string(), z.string()).default({}),
  }),
} as const;

/** What each of them is for, as a model reads it. */
export const clientToolDescriptions: Record<keyof typeof clientToolSchemas, string> = {
  continue: "Where the work stands and what is next: the brief. Call it first in every session.",
  status: "A cycle's tasks, what waits for people, and what it cost; and the cycles there are.",
  search: "What a session has to know of its project: current task, done, blockers, decisions, files, next actions.",
  set_decision_status: "Accept, reject or deprecate a decision that stands; what it says stays.",
  resolve_issue: "Close a recorded error with what got rid of it, so that the fix is offered when it comes back.",
  record_fix_outcome: "Say whether a known fix worked; fixes that work are offered first.",
  create_note: "Keep a note for the next session.",
  pin_record: "Have briefs tell a decision, an issue's fix or a note before others, or no longer.",
  claim_task:
    "Take a task for yourself; without an id the first outside plans that can start. One of a plan is done in the worktree the answer names.",
  finish_task: "Hand in a task you claimed. One of a plan is done when the rules accept its worktree.",
  update_self: "Say what you work on, have open, know, and are held up by.",
  create_trigger: "Record a trigger. It is kept and does not fire yet (active: false).",
  pm_assign: "Assign a task that nobody works on to an agent or a person.",
  pm_set_deadline: "Set a task's deadline.",
  pm_get_status: "Progress of a cycle: tasks by state, share done, deadlines, blockers.",
  suggest_estimate: "What an estimate is likely to become, learnt from tasks the role did before.",
  plan_new: "Write a new plan to .worknode/plans/<id>.yaml. A person has to approve it before it runs.",
  run: "Start a plan that a person approved. It goes on after this answers; `status` says how it stands.",
};
