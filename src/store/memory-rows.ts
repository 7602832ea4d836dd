import type { Decision, Issue } from "../schema/memory.js";

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
  seq: number;
  hlc: string;
  rank: number;
}

/** A trigger's definition; none fires yet. */
export interface TriggerRow {
  name: string;
  kind: string;
  trigger: Record<string, unknown>;
  seq: number;
}
