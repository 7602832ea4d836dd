import type { CycleStatus, TaskStatus } from "../schema/states.js";

/** A cycle: one run of a plan. Ended when its status is `done` or `failed`. */
export interface CycleRow {
  number: number;
  plan_id: string;
  plan_hash: string;
  plan_path: string;
  title: string;
  instruction: string;
  branch: string;
  base_commit: string;
  opened_by: "run" | "tool";
  mode: string | null;
  inputs: Record<string, unknown>;
  status: CycleStatus;
  /** The phase started last (S4:200). */
  phase: string | null;
  /** The executive's decision on the plan. */
  review: "ACCEPT" | "REJECT" | null;
  deviation: number | null;
  /** What a person added to the plan's budget. */
  added_usd: number;
  added_tokens: number;
  exit_code: number | null;
  reason: string | null;
  started_seq: number;
  started_hlc: string;
  ended_hlc: string | null;
}

/** A task of a cycle. */
export interface TaskRow {
  cycle: number;
  id: string;
  /** Place in the plan, from 0. */
  position: number;
  title: string;
  phase: string;
  owner: string;
  /** The agent that works on it, once started. */
  agent: string | null;
  status: TaskStatus;
  reason: string | null;
  attempts: number;
  commit: string | null;
  summary: string | null;
  /** Of the last rejection, until the task is done. */
  feedback: string | null;
  outputs: Record<string, unknown>;
  estimate: number | null;
  /** Unix epoch milliseconds. */
  deadline: number | null;
  needs: string[];
  /** Files it may write. */
  files: string[];
  /** Files it did change, once done. */
  changed: string[];
  waivers: string[];
  base_commit: string | null;
  worktree: string | null;
  started_hlc: string | null;
  ended_hlc: string | null;
  touched_seq: number;
}

/** What is told of a done task. */
export type EndedTaskRow = Pick<TaskRow, "id" | "title" | "owner" | "agent" | "summary" | "changed" | "ended_hlc">;

/** What a done task was estimated at and when it was worked on. */
export interface ActualRow {
  /** Its phase; `-` outside plans. */
  kind: string;
  estimate: number;
  started_hlc: string;
  ended_hlc: string;
}

/** A step of a task. */
export interface StepRow {
  task: string;
  step: string;
  kind: "agent" | "check" | "gate";
  status: "started" | "done" | "failed" | "skipped";
  outputs: Record<string, unknown>;
  error: string | null;
  provide: string | null;
  /** Event that started or ended it. */
  seq: number;
}

/** A process's time on a cycle. */
export interface SessionRow {
  seq: number;
  cycle: number;
  pid: number;
  resumed: boolean;
  hlc: string;
  ended_hlc: string | null;
  exit_code: number | null;
  reason: string | null;
}

/** What has happened in a cycle, for summaries. */
export interface CycleCounts {
  tasks: Partial<Record<TaskStatus, number>>;
  violations: number;
  alerts: number;
  kept: number;
  discarded: number;
  executions: number;
}
