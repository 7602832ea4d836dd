import type { ApprovalRow, UsageRow, UsageTotals } from "./agent-rows.js";
import type { CycleRow, EndedTaskRow, SessionRow, StepRow, TaskRow } from "./cycle-rows.js";
import type { DecisionRow, IssueRow, NoteRow, TriggerRow } from "./memory-rows.js";

/** A row as SQLite gives it: JSON as text, booleans as 0 and 1, money in nano-dollars. */
export type Columns = Record<string, unknown>;

function parse(text: unknown): unknown {
  return typeof text === "string" ? JSON.parse(text) : undefined;
}

function usd(nano: unknown): number {
  return Number(nano) / 1e9;
}

/** A row with some columns parsed from JSON, in place: it was made for whoever asked. */
function parsed(row: Columns, names: readonly string[]): Columns {
  for (const name of names) row[name] = parse(row[name]);
  return row;
}

/** `cycles`. */
export function cycleOf(row: Columns): CycleRow {
  const { added_nano_usd, ...rest } = parsed(row, ["inputs"]);
  return { ...rest, added_usd: usd(added_nano_usd) } as unknown as CycleRow;
}

/** `tasks`. */
export function taskOf(row: Columns): TaskRow {
  const { commit_id, ...rest } = parsed(row, ["outputs", "needs", "files", "changed", "waivers"]);
  return { ...rest, commit: commit_id } as unknown as TaskRow;
}

/** What is told of a done one of `tasks`. */
export function endedTaskOf(row: Columns): EndedTaskRow {
  return parsed(row, ["changed"]) as unknown as EndedTaskRow;
}

/** `steps`. */
export function stepOf(row: Columns): StepRow {
  const { task, step, kind, status, outputs, error, provide, seq } = parsed(row, ["outputs"]);
  return { task, step, kind, status, outputs, error, provide, seq } as unknown as StepRow;
}

/** `approvals`. */
export function approvalOf(row: Columns): ApprovalRow {
  return parsed(row, ["require", "exclude", "resolutions"]) as unknown as ApprovalRow;
}

/** `sessions`. */
export function sessionOf(row: Columns): SessionRow {
  return { ...row, resumed: row["resumed"] === 1 } as unknown as SessionRow;
}

/** `usage`, summed. */
export function totalsOf(row: Columns): UsageTotals {
  const { reserved_nano_usd, spent_nano_usd, ...rest } = row;
  const kinds = ["input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"];
  const spent_tokens = kinds.reduce((sum, kind) => sum + Number(row[kind]), 0);
  const money = { reserved_usd: usd(reserved_nano_usd), spent_usd: usd(spent_nano_usd) };
  return { ...rest, ...money, spent_tokens } as unknown as UsageTotals;
}

/** `usage`. */
export function usageOf(row: Columns): UsageRow {
  return totalsOf(row) as unknown as UsageRow;
}

/** `decisions`. */
export function decisionOf(row: Columns): DecisionRow {
  const { record, cycle, task, project, seq, hlc, rank } = row;
  return { record: parse(record), cycle, task, project, seq, hlc, rank } as unknown as DecisionRow;
}

/** Columns of `issues` that `issueOf` reads, without those that only serve the search. */
export const ISSUE_COLUMNS =
  "id, fingerprint, cycle, task, type, error, file, solution, resolved, count, seq, hlc, applied, worked, resolved_seq";

/** `issues`. Absent members are left out, as in the record that was given. */
export function issueOf(row: Columns): IssueRow {
  const { id, fingerprint, cycle, task, type, error, count, seq, hlc, applied, worked, resolved_seq, rank } = row;
  const seen = { count, seq, hlc, applied, worked, resolved_seq, rank };
  const issue: Columns = { id, fingerprint, cycle, task, type, error, ...seen };
  if (row["file"] !== null) issue["file"] = row["file"];
  if (row["solution"] !== null) issue["solution"] = parse(row["solution"]);
  issue["resolved"] = row["resolved"] === 1;
  return issue as unknown as IssueRow;
}

/** `notes`. */
export function noteOf(row: Columns): NoteRow {
  return parsed(row, ["paths"]) as unknown as NoteRow;
}

/** `triggers`. */
export function triggerOf(row: Columns): TriggerRow {
  const { name, kind, record, seq } = parsed(row, ["record"]);
  return { name, kind, trigger: record, seq } as unknown as TriggerRow;
}
