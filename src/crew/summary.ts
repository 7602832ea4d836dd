import type { DispatchResult, RolloutMode } from "../schema/result.js";
import type { Store } from "../store/store.js";
import type { CycleEnd } from "./run.js";

/** Figures of a run, all read from the log. */
export interface RunSummary {
  tasks: Readonly<Record<string, number>>;
  denials: number;
  attempts: number;
  tokens: number;
  usd: number;
  reserved: number;
  elapsedMs: number;
  branch: string;
  trace: string;
}

/** Sums a cycle up. `elapsedMs` is this session's; everything else the whole cycle's. */
export function summarise(store: Store, cycle: number, elapsedMs: number): RunSummary {
  const counts = store.queries.counts(cycle);
  const usage = store.queries.usageTotals(cycle);
  const tasks = store.queries.tasks(cycle);
  return {
    tasks: counts.tasks,
    denials: counts.violations,
    attempts: tasks.reduce((sum, task) => sum + task.attempts, 0),
    tokens: usage?.spent_tokens ?? 0,
    usd: usage?.spent_usd ?? 0,
    reserved: usage?.reserved_usd ?? 0,
    elapsedMs,
    branch: store.queries.cycle(cycle)?.branch ?? "",
    trace: "worknode log, worknode trace ID",
  };
}

/** The fields of source 002. A run's work happens on the local target alone. */
export function dispatchOf(end: CycleEnd, mode: RolloutMode, startedMs: number, endedMs: number): DispatchResult {
  const done = end.exitCode === 0;
  const ran = mode !== "off";
  const outcome = end.exitCode === 3 ? "PolicyBlocked" : end.exitCode === 6 ? "EscalationRequired" : "Approved";
  return {
    PolicyOutcome: outcome,
    PolicyReason: end.reason,
    HostOutcomes: [
      {
        Host: "local",
        DispatchStatus: ran ? (done ? "dispatched" : "failed") : "not_dispatched",
        AttemptCount: ran ? 1 : 0,
        LastFailureClass: done || !ran ? null : `exit_${end.exitCode}`,
        LastFailureMessage: done || !ran ? null : end.reason,
      },
    ],
    BlastRadius: ["local"],
    EffectiveMode: mode,
    OperationIntent: "run",
    DispatchMode: mode,
    ExecutionOutcome: ran ? (done ? "succeeded" : "failed") : "not_executed",
    ExecutionStartedAt: ran ? new Date(startedMs).toISOString() : null,
    ExecutionCompletedAt: ran ? new Date(endedMs).toISOString() : null,
  };
}
