import type { WorknodeRecord } from "../schema/memory.js";
import type { AgentStatus } from "../schema/states.js";
import type { Tier } from "../schema/tier.js";

/** An agent's capability for one task (`-` outside tasks). */
export interface AgentRow {
  cycle: number;
  agent: string;
  task: string;
  role: string;
  tier: Tier;
  model: string;
  parent: string | null;
  status: AgentStatus;
  token_hash: string;
  /** Id of the capability. */
  capability: string;
  depth: number;
  spawned_hlc: string;
  terminated_hlc: string | null;
  reason: string | null;
}

/** One answer to an approval. */
export interface Resolution {
  decision: "approved" | "rejected";
  by: string;
  identity: { os_user: string; git_email: string | null } | null;
  reason: string;
  proposal_hash: string;
  hlc: string;
}

/** An approval asked of people; pending while `decision` is null. */
export interface ApprovalRow {
  id: string;
  cycle: number;
  task: string | null;
  kind: "gate" | "call" | "escalation";
  proposal_hash: string;
  message: string;
  require: string[];
  exclude: string[];
  /** Unix epoch milliseconds. */
  expires_at: number;
  /** The first approval, or a rejection: a rejection sticks. */
  decision: "approved" | "rejected" | null;
  /** Every answer, in order; two people are two of them. */
  resolutions: Resolution[];
  requested_seq: number;
}

/** An escalation; open while `action` is null. */
export interface EscalationRow {
  id: string;
  cycle: number;
  task: string | null;
  sender: string;
  recipient: "executive" | "human";
  reason: string;
  needs: string | null;
  action: "retry" | "reassign" | "amend" | "block" | null;
  resolved_by: string | null;
  resolution: string | null;
  agent: string | null;
  seq: number;
}

/** A notice to the executive. */
export interface AlertRow {
  seq: number;
  cycle: number;
  task: string | null;
  severity: "info" | "warning" | "critical";
  message: string;
  recipient: string;
  key: string | null;
  hlc: string;
}

/** A denied attempt to reach outside a capability. */
export interface ViolationRow {
  seq: number;
  cycle: number;
  task: string | null;
  call_id: string;
  code: string;
  rule: string;
  subject: string;
  object: string;
  message: string;
  remedy: string;
  hlc: string;
}

/** Sums of money and tokens. `reserved` is open or charged without a reply; `spent` is what replies reported. */
export interface UsageRow {
  cycle: number;
  task: string;
  agent: string;
  tier: Tier;
  model: string;
  requests: number;
  replies: number;
  reserved_usd: number;
  reserved_tokens: number;
  spent_usd: number;
  /** Input, output, cache reads and cache writes together. */
  spent_tokens: number;
  input_tokens: number;
  output_tokens: number;
  cache_read_tokens: number;
  cache_write_tokens: number;
}

/** The same sums over a whole cycle. */
export type UsageTotals = Omit<UsageRow, "cycle" | "task" | "agent" | "tier" | "model">;

/** Who approved a plan's hash. */
export interface PlanApprovalRow {
  plan_hash: string;
  plan_id: string;
  path: string;
  os_user: string;
  git_email: string | null;
  via: string;
  hlc: string;
}

/** The record of an agent or a person as registered. */
export type { WorknodeRecord };

/** What somebody was denied more than once. */
export interface DenialRow {
  subject: string;
  rule: string;
  object: string;
  remedy: string;
  task: string | null;
  count: number;
  /** The last violation. */
  seq: number;
  hlc: string;
}
