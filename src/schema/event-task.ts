import { z } from "zod";
import { taskStatusSchema } from "./states.js";

/** One command of a verification and what it said; `output_event` is cited by figures read from it. */
const commandRunSchema = z.object({
  role: z.string(),
  argv: z.array(z.string()),
  exit_code: z.int().nullable(),
  stdout: z.string(),
  stderr: z.string(),
  duration_ms: z.number(),
  /** The limit that stopped it, or `not run` where one before it ended the row; absent where it came to its own end. */
  stopped: z.string().optional(),
});

/** Events of a plan's task: its steps, its verification and its merge. */
export const taskEvents = {
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
    /** What the step's agent said it did. */
    summary: z.string().optional(),
  }),
  EVENT_TASK_COMPLETED: z.object({
    commit: z.string().nullable(),
    summary: z.string(),
    outputs: z.record(z.string(), z.unknown()),
    attempts: z.int(),
    files: z.array(z.string()),
    waivers: z.array(z.string()),
  }),
  /** A review task's second verdict turned a finished task back (`decides`): a task of its own does the work again. */
  REWORK_OPENED: z.object({
    cycle: z.int(),
    /** The rework task. */
    id: z.string(),
    /** The task that is done again, and which rework of it this is for the review task, from 1. */
    of: z.string(),
    number: z.int(),
    by: z.string(),
    feedback: z.string(),
    title: z.string(),
    phase: z.string(),
    owner: z.string(),
    estimate: z.number().nullable(),
    needs: z.array(z.string()),
    files: z.array(z.string()),
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
  TASK_MERGED: z.object({ commit: z.string(), branch: z.string(), parent: z.string() }),
} as const;
