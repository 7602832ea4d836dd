import { z } from "zod";
import { MAX_SHELL_CHARS, MAX_SHELL_TIMEOUT_MS } from "../kernel/bounds.js";
import { clientToolDescriptions, clientToolSchemas } from "./client-tool.js";

const cycle = z.int().nonnegative();
const argv = z.array(z.string()).min(1);

/**
 * Calls worknode makes itself on behalf of a plan, through the same gate. Their names hold a dot, which
 * the Messages API does not allow in a tool's name, and no agent's capability ever lists them.
 */
const stewardToolSchemas = {
  "cycle.open": z.looseObject({ plan_id: z.string(), cycle, include_wip: z.boolean() }),
  "workspace.open": z.looseObject({ cycle, task: z.string(), branch: z.string() }),
  "plan.command": z.looseObject({ commands: z.array(z.looseObject({ role: z.string(), argv })).min(1) }),
  "task.merge": z.looseObject({}),
  "batch.stack": z.looseObject({ branch: z.string(), tasks: z.array(z.looseObject({ task: z.string() })).min(1) }),
  "batch.commit": z.looseObject({
    layers: z
      .array(z.looseObject({ task: z.string(), message: z.string(), parent: z.string(), tree: z.string() }))
      .min(1),
  }),
  "batch.merge": z.looseObject({ branch: z.string(), from: z.string(), to: z.string() }),
  "workspace.remove": z.looseObject({ cycle, task: z.string(), branch: z.string() }),
  "branch.join": z.looseObject({ branch: z.string(), onto: z.string(), as: z.string() }),
  "branch.land": z.looseObject({ from: z.string(), commit: z.string(), as: z.string() }),
} as const;

/** Input schemas of every tool (contract, DESIGN §10). Unknown members are dropped with a note. */
export const toolInputSchemas = {
  Read: z.object({
    file_path: z.string().min(1),
    offset: z.int().min(1).optional().describe("First line, counted from 1"),
    limit: z.int().min(1).optional().describe("Number of lines"),
  }),
  Write: z.object({ file_path: z.string().min(1), content: z.string() }),
  Edit: z.object({
    file_path: z.string().min(1),
    old_string: z.string().min(1),
    new_string: z.string(),
    replace_all: z.boolean().optional(),
  }),
  Bash: z.object({
    command: z.string().min(1).max(MAX_SHELL_CHARS),
    timeout: z.int().min(1).max(MAX_SHELL_TIMEOUT_MS).optional().describe("Milliseconds"),
  }),
  Glob: z.object({ pattern: z.string().min(1), path: z.string().optional() }),
  Grep: z.object({
    pattern: z.string().min(1).describe("JavaScript regular expression"),
    path: z.string().optional(),
    glob: z.string().optional(),
    output_mode: z.enum(["content", "files_with_matches", "count"]).optional(),
    "-n": z.boolean().optional(),
    "-i": z.boolean().optional(),
    "-A": z.int().min(0).optional(),
    "-B": z.int().min(0).optional(),
    "-C": z.int().min(0).optional(),
    head_limit: z.int().min(1).optional(),
  }),
  submit_result: z.object({ summary: z.string().min(1), outputs: z.record(z.string(), z.unknown()).optional() }),
  submit_verdict: z.object({ decision: z.enum(["ACCEPT", "REJECT"]), feedback: z.string().optional() }),
  submit_plan_review: z.object({
    decision: z.enum(["ACCEPT", "REJECT"]),
    risks: z.array(z.string()),
    feedback: z.string().optional(),
  }),
  report_blocker: z.object({ reason: z.string().min(1), needs: z.string().optional() }),
  resolve_escalation: z.object({
    action: z.enum(["retry", "reassign", "amend", "block"]),
    reason: z.string().min(1),
    agent: z.string().optional(),
    patch: z.record(z.string(), z.unknown()).optional(),
  }),
  spawn_agent: z.object({
    role: z.string().min(1),
    task: z.string().min(1),
    files: z.array(z.string()).optional(),
    limits: z.record(z.string(), z.number()).optional(),
    reason: z.string().min(1),
  }),
  terminate_agent: z.object({ agent_id: z.string().min(1), reason: z.string().min(1) }),
  assign_task: z.object({ task: z.string().min(1), agent: z.string().min(1) }),
  raise_alert: z.object({
    severity: z.enum(["info", "warning", "critical"]),
    message: z.string().min(1),
    task: z.string().optional(),
  }),
  create_decision: z.object({
    id: z.string().min(1),
    question: z.string().min(1),
    decision: z.string().min(1),
    rationale: z.string(),
    alternatives_rejected: z.array(z.object({ option: z.string(), reason: z.string() })).default([]),
    confidence: z.number().min(0).max(1),
    paths: z.array(z.string()).optional().describe("Files it concerns"),
    supersedes: z.string().optional().describe("Id of the decision it replaces"),
  }),
  search_decisions: z.object({ query: z.string() }),
  create_issue: z.object({
    type: z.string().min(1),
    error: z.string().min(1),
    file: z.string().optional(),
    solution: z.object({ fix: z.string(), root_cause: z.string(), patch: z.string().optional() }).optional(),
    resolved: z.boolean().default(false),
  }),
  search_issues: z.object({ query: z.string() }),
  ...clientToolSchemas,
  ...stewardToolSchemas,
} as const;

export type ToolName = keyof typeof toolInputSchemas;
export type ToolInput<T extends ToolName> = z.infer<(typeof toolInputSchemas)[T]>;

/** What each tool is for, as the model reads it. */
export const toolDescriptions: Record<ToolName, string> = {
  Read: "Read a text file of the workspace. Lines are numbered from 1.",
  Write:
    "Create or replace one file. Only files your task names may be written; functions must stay within the limits.",
  Edit: "Replace an exact piece of a file. old_string must occur exactly once unless replace_all is true.",
  Bash: "Run a shell command at the workspace root, in a sandbox without network, terminal or input; background processes end with it. Its net effects on files are judged like a Write, all together: kept whole or discarded whole. Only files your task names may change, nothing may be deleted; caches, coverage and other ignored files are free. git reads here and records nothing: no commit, no stash, no branch.",
  Glob: "List files whose path matches a pattern, newest first.",
  Grep: "Search file contents with a regular expression.",
  submit_result:
    "Hand in your finished work. The rules and then a critic judge it; you are finished only when they accept.",
  submit_verdict: "Give your verdict: ACCEPT, or REJECT with feedback that says exactly what must change.",
  submit_plan_review: "Give your verdict on the plan: ACCEPT, or REJECT with feedback. List the risks you see.",
  report_blocker: "Say that you cannot go on, why, and what you need. The executive decides.",
  resolve_escalation:
    "Decide what happens with the escalated task: retry, reassign to another agent, amend its files (patch { write: [path, ...] }), or block it for a person.",
  spawn_agent: "Spawn an agent of a role the plan names for a task, with no more than that task's files and limits.",
  terminate_agent: "End an agent; its capability and those it handed on are revoked at once.",
  assign_task: "Give a task that has not started to another agent of the plan.",
  raise_alert: "Tell the executive tier and the people about something that matters.",
  create_decision: "Record a decision with its rationale, rejected alternatives and confidence.",
  search_decisions: "Search recorded decisions.",
  create_issue: "Record an error, with its solution when you know it.",
  search_issues: "Search recorded errors and their known fixes.",
  ...clientToolDescriptions,
  "cycle.open": "Open the cycle's branch.",
  "workspace.open": "Open a task's worktree.",
  "plan.command": "Run commands the approved plan names, in the sandbox; what they leave behind is discarded.",
  "task.merge": "Put an accepted task's work on the cycle's branch as one commit.",
  "batch.stack": "Lay the work of accepted tasks on top of each other, on no branch.",
  "batch.commit": "Make the commits of a verified stack, one for each task's work, on no branch yet.",
  "batch.merge": "Move the cycle's branch over a verified stack.",
  "workspace.remove": "Take away a task's worktree whose work is on the cycle's branch.",
  "branch.join": "Join the cycle's branch with the user's, on a branch of worknode's own.",
  "branch.land": "Fast-forward the user's branch to verified work, on a person's word.",
};

/** Whether a name is one of worknode's tools. */
export function isToolName(name: string): name is ToolName {
  return Object.hasOwn(toolInputSchemas, name);
}

/** Whether a tool is worknode's own and never offered to an agent. */
export function isStewardTool(name: string): boolean {
  return Object.hasOwn(stewardToolSchemas, name);
}

/** Whether a tool is for clients outside a run, and never an agent's of a plan. */
export function isClientTool(name: string): boolean {
  return Object.hasOwn(clientToolSchemas, name);
}

/** Tools that change files of the workspace. */
export const WRITING_TOOLS: ReadonlySet<string> = new Set(["Write", "Edit"]);
/** Tools that only look. */
export const READING_TOOLS: ReadonlySet<string> = new Set([
  "Read",
  "Glob",
  "Grep",
  "search_decisions",
  "search_issues",
  "continue",
  "status",
  "search",
  "pm_get_status",
  "suggest_estimate",
]);
