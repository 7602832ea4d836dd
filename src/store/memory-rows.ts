import type { Decision, Issue, Solution } from "../schema/memory.js";

/** A decision and where it came from. `rank` grows with relevance; 0 without a query. */
export interface DecisionRow {
  record: Decision;
  cycle: number;
  task: string | null;
  project: string | null;
  seq: number;
  hlc: string;
  rank: number;
}

/** An error seen `count` times, and where it was seen last. */
export interface IssueRow extends Issue {
  id: string;
  fingerprint: string;
  cycle: number;
  task: string | null;
  count: number;
  /** How often its fix was applied, and how often that got rid of it. */
  applied: number;
  worked: number;
  seq: number;
  hlc: string;
  /** Event that recorded its solution; null without one. */
  resolved_seq: number | null;
  rank: number;
}

/** What records are wanted that matter to a task: with some words (FTS5 phrases) or about it; `limit` of each kind. */
export interface Relevance {
  readonly terms: readonly string[];
  readonly cycle: number;
  readonly task: string | null;
  readonly limit: number;
}

/** A decision that stands, as the brief tells it. `words`: its rank against the best hit, 0 to 1. */
export interface RelevantDecision extends Pick<DecisionRow, "task" | "seq" | "hlc"> {
  position: number;
  id: string;
  question: string;
  decision: string;
  rationale: string;
  paths: string[] | null;
  status: Decision["status"] | null;
  words: number;
}

/** A fix, as the brief tells it. `stale`: 1 when the issue's file changed after the fix was recorded. */
export interface RelevantFix extends Pick<IssueRow, "id" | "error" | "task" | "hlc" | "applied" | "worked"> {
  position: number;
  solution: Solution;
  file: string | null;
  stale: number;
  words: number;
}

/** An issue that a task's command ended with. `offered`: 0 no fix known, 1 its fix was told, 2 told in vain. */
export interface FailureRow {
  issue: IssueRow;
  offered: number;
  /** Event of the first time. */
  seq: number;
}

/** A note of a person or an agent. */
export interface NoteRow {
  seq: number;
  cycle: number;
  task: string | null;
  actor: string;
  text: string;
  paths: string[];
  hlc: string;
}

/** A trigger's definition; none fires yet. */
export interface TriggerRow {
  name: string;
  kind: string;
  trigger: Record<string, unknown>;
  seq: number;
}
