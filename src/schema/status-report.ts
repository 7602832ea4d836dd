import { z } from "zod";
import { agentStatusSchema, cycleStatusSchema, taskStatusSchema } from "./states.js";
import { tierSchema } from "./tier.js";
import { usageSchema, usageSumsSchema } from "./usage.js";

/** A time of the hybrid logical clock. */
const stamp = z.string();
const values = z.record(z.string(), z.unknown());

const cycleSchema = z.strictObject({
  number: z.int(),
  plan_id: z.string(),
  plan_hash: z.string(),
  plan_path: z.string(),
  title: z.string(),
  instruction: z.string(),
  branch: z.string(),
  base_commit: z.string(),
  opened_by: z.enum(["run", "tool"]),
  mode: z.string().nullable(),
  inputs: values,
  status: cycleStatusSchema,
  /** The phase started last. */
  phase: z.string().nullable(),
  review: z.enum(["ACCEPT", "REJECT"]).nullable(),
  deviation: z.number().nullable(),
  added_usd: z.number(),
  added_tokens: z.int(),
  exit_code: z.int().nullable(),
  reason: z.string().nullable(),
  started_seq: z.int(),
  started_hlc: stamp,
  ended_hlc: stamp.nullable(),
});

const taskSchema = z.strictObject({
  cycle: z.int(),
  id: z.string(),
  position: z.int(),
  title: z.string(),
  phase: z.string(),
  owner: z.string(),
  agent: z.string().nullable(),
  status: taskStatusSchema,
  reason: z.string().nullable(),
  attempts: z.int(),
  commit: z.string().nullable(),
  summary: z.string().nullable(),
  feedback: z.string().nullable(),
  outputs: values,
  estimate: z.number().nullable(),
  /** Unix epoch milliseconds. */
  deadline: z.number().nullable(),
  needs: z.array(z.string()),
  /** Files it may write, and those it did change. */
  files: z.array(z.string()),
  changed: z.array(z.string()),
  waivers: z.array(z.string()),
  base_commit: z.string().nullable(),
  worktree: z.string().nullable(),
  started_hlc: stamp.nullable(),
  ended_hlc: stamp.nullable(),
  touched_seq: z.int(),
});

const agentSchema = z.strictObject({
  cycle: z.int(),
  agent: z.string(),
  /** `-` outside tasks. */
  task: z.string(),
  role: z.string(),
  tier: tierSchema,
  model: z.string(),
  parent: z.string().nullable(),
  status: agentStatusSchema,
  /** Whether the process it works in is there; null where it is not active. */
  alive: z.boolean().nullable(),
  token_hash: z.string(),
  capability: z.string(),
  depth: z.int(),
  spawned_hlc: stamp,
  terminated_hlc: stamp.nullable(),
  reason: z.string().nullable(),
});

const approvalSchema = z.strictObject({
  id: z.string(),
  cycle: z.int(),
  task: z.string().nullable(),
  kind: z.enum(["gate", "call", "escalation"]),
  proposal_hash: z.string(),
  message: z.string(),
  require: z.array(z.string()),
  exclude: z.array(z.string()),
  /** Unix epoch milliseconds. */
  expires_at: z.number(),
  decision: z.enum(["approved", "rejected"]).nullable(),
  resolutions: z.array(
    z.strictObject({
      decision: z.enum(["approved", "rejected"]),
      by: z.string(),
      identity: z.strictObject({ os_user: z.string(), git_email: z.string().nullable() }).nullable(),
      reason: z.string(),
      proposal_hash: z.string(),
      hlc: stamp,
    }),
  ),
  requested_seq: z.int(),
});

const escalationSchema = z.strictObject({
  id: z.string(),
  cycle: z.int(),
  task: z.string().nullable(),
  sender: z.string(),
  recipient: z.enum(["executive", "human"]),
  reason: z.string(),
  needs: z.string().nullable(),
  action: z.enum(["retry", "reassign", "amend", "block"]).nullable(),
  resolved_by: z.string().nullable(),
  resolution: z.string().nullable(),
  agent: z.string().nullable(),
  seq: z.int(),
});

/** What `worknode status --output-format json` prints: the newest cycle, or the one named. */
export const statusReportSchema = z.strictObject({
  /** Null where there is no such cycle. */
  cycle: cycleSchema.nullable(),
  /** The process that runs the cycle, or died while it did: `alive` tells which. Null where none does. */
  runner: z.strictObject({ pid: z.int(), owner: z.string(), alive: z.boolean() }).nullable(),
  /** The sources' keys: `cycle:current`, `cycle:N:status`, `cycle:N:instruction` (S4:210-214). */
  keys: z.record(z.string(), z.unknown()),
  tasks: z.array(taskSchema),
  /** Tasks outside plans. */
  own_tasks: z.array(taskSchema),
  agents: z.array(agentSchema),
  usage: z.array(usageSchema),
  totals: usageSumsSchema.nullable(),
  counts: z
    .strictObject({
      tasks: z.partialRecord(taskStatusSchema, z.int()),
      violations: z.int(),
      alerts: z.int(),
      kept: z.int(),
      discarded: z.int(),
      executions: z.int(),
    })
    .nullable(),
  /** What waits for a person, of any cycle. */
  approvals: z.array(approvalSchema),
  escalations: z.array(escalationSchema),
  /** The newest cycles. */
  cycles: z.array(cycleSchema),
});
export type StatusReport = z.infer<typeof statusReportSchema>;
