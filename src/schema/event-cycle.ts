import { z } from "zod";
import { claimedWho } from "./claimed-who.js";
import { runtimeSchema } from "./runtime.js";
import { cycleStatusSchema } from "./states.js";

/** Events of a cycle: its plan, phases, budget and end. */
export const cycleEvents = {
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
    /** Whether its branch begins with the uncommitted changes of the checkout. */
    include_wip: z.boolean().optional(),
    opened_by: z.enum(["run", "tool"]),
    inputs: z.record(z.string(), z.unknown()),
    mode: z.string().optional(),
    /** What gives all agents their replies, where the run was told. */
    runtime: runtimeSchema.optional(),
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
  PLAN_APPROVED: z.object({
    plan_hash: z.string(),
    plan_id: z.string(),
    path: z.string(),
    by: claimedWho,
    via: z.string(),
  }),
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
    /** Who had the task; absent in logs of earlier versions. */
    to: z.string().optional(),
    reason: z.string(),
    /** The plan's text as it is now, and its SHA-256; the approved one stays that of CYCLE_STARTED. */
    plan_source: z.string(),
    plan_hash: z.string(),
  }),
  PHASE_STARTED: z.object({ cycle: z.int(), phase: z.string() }),
  PHASE_ENDED: z.object({ cycle: z.int(), phase: z.string(), status: z.string() }),
  CHECKPOINT: z.object({ phase: z.string(), expression: z.string(), pass: z.boolean(), error: z.string().optional() }),
  /** Accepted tasks were laid on top of each other and verified together, before the branch moves over all of them. */
  BATCH_VERIFIED: z.object({
    cycle: z.int(),
    /** The tasks, lowest first, and the commit of the cycle's branch below them. */
    tasks: z.array(z.string()),
    head: z.string(),
    /** Content hash of the tree they make together, the only one that commands ran on. */
    tree: z.string(),
    pass: z.boolean(),
    /** What is wrong where they do not pass; each half is tried again by itself, at last each task alone. */
    faults: z.array(z.string()),
    /** Events that hold what the commands wrote. */
    output_events: z.array(z.string()),
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
    by: claimedWho,
  }),
  BUDGET_REFUSED: z.object({ what: z.string(), needed: z.number(), left: z.number(), unit: z.string() }),
  BUDGET_ADDED: z.object({ cycle: z.int(), usd: z.number(), tokens: z.int(), by: claimedWho }),
  DEVIATION: z.object({
    cycle: z.int(),
    value: z.number(),
    components: z.record(z.string(), z.number().nullable()),
    alert: z.boolean(),
  }),
  REVIEW_DUE: z.object({ cycle: z.int(), plan_id: z.string() }),
  PLAN_STALLED: z.object({ cycle: z.int(), blocked: z.array(z.string()) }),
  KILLED: z.object({ epoch: z.int(), by: claimedWho }),
} as const;
