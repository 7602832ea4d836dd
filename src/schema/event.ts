import { z } from "zod";
import { capabilitySchema } from "./capability.js";
import { conversationKindSchema } from "./conversation.js";
import { changeSchema, refusedChangeSchema } from "./effect.js";
import {
  decisionSchema,
  issueSchema,
  noteSchema,
  ownTaskSchema,
  solutionSchema,
  worknodeRecordSchema,
} from "./memory.js";
import { modelReplySchema } from "./message.js";
import { proposalSchema } from "./proposal.js";
import { cycleStatusSchema, taskStatusSchema } from "./states.js";
import { tierSchema } from "./tier.js";
import { endOutcomeSchema, traceEntrySchema } from "./trace.js";
import { verdictSchema } from "./verdict.js";

const who = z.object({ os_user: z.string(), git_email: z.string().nullable() });

/** One command of a verification and what it said; `output_event` is cited by figures read from it. */
const commandRunSchema = z.object({
  role: z.string(),
  argv: z.array(z.string()),
  exit_code: z.int().nullable(),
  stdout: z.string(),
  stderr: z.string(),
  duration_ms: z.number(),
});

/** Payload of each event type. Types in DESIGN §13 are contract; the others are ours. */
export const eventPayloadSchemas = {
  CYCLE_STARTED: z.object({
    cycle: z.int(),
    plan_id: z.string(),
    plan_hash: z.string(),
    plan_path: z.string(),
    /** The plan's YAML text, exactly as approved. */
    plan_source: z.string(),
    title: z.string(),
    instruction: z.string(),
    branch: z.string(),
    base_commit: z.string(),
    opened_by: z.enum(["run", "tool"]),
    inputs: z.record(z.string(), z.unknown()),
    mode: z.string().optional(),
    /** Task ids in plan order with title, phase, owner and estimate, for the projections. */
    tasks: z.array(
      z.object({
        id: z.string(),
        title: z.string(),
        phase: z.string(),
        owner: z.string(),
        estimate: z.number().nullable(),
        needs: z.array(z.string()),
        files: z.array(z.string()),
      }),
    ),
  }),
  CYCLE_STATUS: z.object({ cycle: z.int(), status: cycleStatusSchema }),
  CYCLE_ENDED: z.object({ cycle: z.int(), status: cycleStatusSchema, exit_code: z.int(), reason: z.string() }),
  SESSION_STARTED: z.object({ cycle: z.int(), pid: z.int(), resumed: z.boolean() }),
  SESSION_ENDED: z.object({ cycle: z.int(), exit_code: z.int(), reason: z.string() }),
  PLAN_APPROVED: z.object({ plan_hash: z.string(), plan_id: z.string(), path: z.string(), by: who, via: z.string() }),
  PLAN_REVIEWED: z.object({
    cycle: z.int(),
    decision: z.enum(["ACCEPT", "REJECT"]),
    risks: z.array(z.string()),
    feedback: z.string().optional(),
  }),
  /** A task got more files: by the executive within `mayExtend`, by a person beyond it. */
  PLAN_AMENDED: z.object({
    cycle: z.int(),
    /** Files added, and all the task may write now. */
    files: z.array(z.string()),
    write: z.array(z.string()),
    by: z.string(),
    reason: z.string(),
    /** The plan's text as it is now, and its SHA-256; the approved one stays that of CYCLE_STARTED. */
    plan_source: z.string(),
    plan_hash: z.string(),
  }),
  PHASE_STARTED: z.object({ cycle: z.int(), phase: z.string() }),
  PHASE_ENDED: z.object({ cycle: z.int(), phase: z.string(), status: z.string() }),
  CHECKPOINT: z.object({ phase: z.string(), expression: z.string(), pass: z.boolean(), error: z.string().optional() }),
  TASK_STARTED: z.object({ attempt: z.int(), agent: z.string(), base_commit: z.string(), worktree: z.string() }),
  TASK_STATUS: z.object({ status: taskStatusSchema, reason: z.string().optional() }),
  TASK_OUTPUTS: z.object({ outputs: z.record(z.string(), z.unknown()) }),
  STEP_STARTED: z.object({ step: z.string(), kind: z.enum(["agent", "check", "gate"]) }),
  STEP_ENDED: z.object({
    step: z.string(),
    status: z.enum(["done", "failed", "skipped"]),
    outputs: z.record(z.string(), z.unknown()),
    error: z.string().optional(),
    provide: z.string().optional(),
  }),
  EVENT_TASK_COMPLETED: z.object({
    commit: z.string().nullable(),
    summary: z.string(),
    outputs: z.record(z.string(), z.unknown()),
    attempts: z.int(),
    files: z.array(z.string()),
    waivers: z.array(z.string()),
  }),
  TASK_REJECTED: z.object({ attempt: z.int(), by: z.string(), feedback: z.string() }),
  VERIFIED: z.object({
    attempt: z.int(),
    /** Content hash of the tree the commands ran on. */
    tree: z.string(),
    pass: z.boolean(),
    commands: z.array(commandRunSchema),
    /** Event that holds what the commands wrote; every figure comes from there. Null where none ran. */
    output_event: z.string().nullable().default(null),
    coverage: z.unknown().optional(),
    findings: z.array(z.unknown()),
  }),
  /** The plan's commands ran on a tree, from empty scratch, and wrote this. */
  COMMANDS_RAN: z.object({
    /** Content hash of the tree. */
    tree: z.string(),
    commands: z.array(commandRunSchema),
    /** The coverage report they wrote; null where none is named or none was written. */
    report: z.object({ path: z.string(), format: z.string(), text: z.string() }).nullable(),
  }),
  /** Total coverage of a base tree by a task's own commands; null where they fail there. */
  BASE_MEASURED: z.object({
    tree: z.string(),
    /** Hash of the commands and the report they are to write. */
    verify: z.string(),
    total: z.number().nullable(),
    reason: z.string(),
    output_event: z.string(),
  }),
  /** A person took a cycle's work onto their branch. */
  LANDED: z.object({
    cycle: z.int(),
    /** The person's branch, what it was at and what it is at. */
    branch: z.string(),
    from: z.string(),
    commit: z.string(),
    /** What ran on the joined tree. */
    verified: z.array(z.object({ role: z.string(), argv: z.array(z.string()), exit_code: z.int().nullable() })),
    by: who,
  }),
  TASK_MERGED: z.object({ commit: z.string(), branch: z.string(), parent: z.string() }),
  AGENT_SPAWNED: z.object({
    agent: worknodeRecordSchema,
    role: z.string(),
    tier: tierSchema,
    model: z.string(),
    parent: z.string().nullable(),
    token_hash: z.string(),
    capability: capabilitySchema,
  }),
  AGENT_UPDATED: z.object({ agent: worknodeRecordSchema }),
  AGENT_TERMINATED: z.object({ agent_id: z.string(), reason: z.string() }),
  CONVERSATION_STARTED: z.object({
    conversation: z.string(),
    kind: conversationKindSchema,
    agent: z.string(),
    model: z.string(),
    system: z.string(),
    tools: z.array(z.string()),
    /** First user message. */
    prompt: z.string(),
  }),
  /** A user message added to a conversation: tool results, or the one nudge. */
  CONVERSATION_APPENDED: z.object({ conversation: z.string(), content: z.array(z.unknown()) }),
  CONVERSATION_ENDED: z.object({ conversation: z.string(), outcome: z.string() }),
  /** A request about to be sent; its reservation stays charged until a reply settles it. */
  MODEL_REQUEST: z.object({
    conversation: z.string(),
    request: z.string(),
    agent: z.string(),
    tier: tierSchema,
    model: z.string(),
    reserved_usd: z.number().nullable(),
    reserved_tokens: z.int(),
  }),
  MODEL_RESPONSE: z.object({
    conversation: z.string(),
    request: z.string(),
    agent: z.string(),
    tier: tierSchema,
    reply: modelReplySchema,
    usd: z.number().nullable(),
    attempts: z.int(),
  }),
  /** An attempt that brought no whole reply. `charged`: the reservation stays (bytes had arrived). */
  MODEL_FAILED: z.object({
    conversation: z.string(),
    request: z.string(),
    attempt: z.int(),
    failure_class: z.string(),
    message: z.string(),
    charged: z.boolean(),
  }),
  PROPOSAL: proposalSchema,
  VERDICT: verdictSchema.extend({
    call_id: z.string(),
    mode: z.enum(["auto", "reviewed"]),
    /** The capability it was judged under, by id, when, and until when that was valid (ms). */
    under: z.object({ capability: z.string(), at: z.number(), exp: z.number() }).optional(),
  }),
  EFFECT_KEPT: z.object({ call_id: z.string(), changes: z.array(changeSchema) }),
  EFFECT_DISCARDED: z.object({
    call_id: z.string(),
    changes: z.array(changeSchema),
    refused: z.array(refusedChangeSchema),
    reason: z.string(),
  }),
  /** What the model is told about a call; with the effect event in one transaction. */
  TOOL_RESULT: z.object({
    call_id: z.string(),
    tool_use_id: z.string(),
    content: z.string(),
    is_error: z.boolean(),
    /** S0:80-83. */
    verification: z.object({
      succeeded: z.boolean(),
      outcomeCorrect: z.boolean(),
      retry: z.object({ should: z.boolean(), why: z.string() }),
    }),
  }),
  EXECUTION_ENDED: z.object({
    outcome: endOutcomeSchema,
    worker_id: z.string(),
    seal: z.string(),
    conversation: z.string(),
    /** Why it ended early, where it did. */
    reason: z.string().optional(),
    trace: z.array(traceEntrySchema),
  }),
  SECURITY_VIOLATION: z.object({
    call_id: z.string(),
    code: z.string(),
    rule: z.string(),
    subject: z.string(),
    object: z.string(),
    message: z.string(),
    remedy: z.string(),
  }),
  /** A notice to the executive; a violation writes one in its own transaction. */
  ALERT: z.object({
    severity: z.enum(["info", "warning", "critical"]),
    message: z.string(),
    to: z.string(),
    key: z.string().optional(),
  }),
  ESCALATION: z.object({
    id: z.string(),
    from: z.string(),
    reason: z.string(),
    needs: z.string().optional(),
    /** Files a person is asked to give the task. */
    amend: z.array(z.string()).optional(),
    to: z.enum(["executive", "human"]),
  }),
  ESCALATION_RESOLVED: z.object({
    id: z.string(),
    action: z.enum(["retry", "reassign", "amend", "block"]),
    by: z.string(),
    reason: z.string(),
    agent: z.string().optional(),
  }),
  APPROVAL_REQUESTED: z.object({
    id: z.string(),
    kind: z.enum(["gate", "call", "escalation"]),
    proposal_hash: z.string(),
    message: z.string(),
    require: z.array(z.string()),
    exclude: z.array(z.string()),
    expires_at: z.number(),
  }),
  APPROVAL_RESOLVED: z.object({
    id: z.string(),
    proposal_hash: z.string(),
    decision: z.enum(["approved", "rejected"]),
    by: z.string(),
    identity: who.nullable(),
    reason: z.string(),
  }),
  BUDGET_REFUSED: z.object({ what: z.string(), needed: z.number(), left: z.number(), unit: z.string() }),
  BUDGET_ADDED: z.object({ cycle: z.int(), usd: z.number(), tokens: z.int(), by: who }),
  DEVIATION: z.object({
    cycle: z.int(),
    value: z.number(),
    components: z.record(z.string(), z.number().nullable()),
    alert: z.boolean(),
  }),
  REVIEW_DUE: z.object({ cycle: z.int(), plan_id: z.string() }),
  PLAN_STALLED: z.object({ cycle: z.int(), blocked: z.array(z.string()) }),
  KILLED: z.object({ epoch: z.int(), by: who }),
  CAPABILITY_REVOKED: z.object({ id: z.string(), reason: z.string() }),
  DECISION_RECORDED: decisionSchema,
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

export type EventType = keyof typeof eventPayloadSchemas;
export type EventPayload<T extends EventType> = z.infer<(typeof eventPayloadSchemas)[T]>;

/** An event to append. `stream` groups what is read together, for example `conv:<id>`. */
export interface NewEvent<T extends EventType = EventType> {
  type: T;
  stream: string;
  actor: string;
  /** Cycle number the event belongs to; 0 outside cycles. */
  run: number;
  task: string | null;
  execution: string | null;
  payload: EventPayload<T>;
}

/** An event as stored: ordered, stamped and chained. */
export interface StoredEvent<T extends EventType = EventType> extends NewEvent<T> {
  seq: number;
  /** `ev_<seq>`: how records cite it. */
  id: string;
  hlc: string;
  node: string;
  prev_hash: string;
  hash: string;
}

/** A stored event of any type, discriminated by `type`. */
export type AnyEvent = { [T in EventType]: StoredEvent<T> }[EventType];
/** A new event of any type, discriminated by `type`. */
export type AnyNewEvent = { [T in EventType]: NewEvent<T> }[EventType];

/** Envelope of one line of `worknode log --json`. */
export const eventLineSchema = z.object({
  seq: z.int(),
  id: z.string(),
  type: z.string(),
  hlc: z.string(),
  actor: z.string(),
  task: z.string().nullable(),
  execution: z.string().nullable(),
  payload: z.record(z.string(), z.unknown()),
});
export type EventLine = z.infer<typeof eventLineSchema>;
