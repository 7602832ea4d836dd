import type { DispatchResult, RolloutMode } from "../schema/result.js";
import type { RunSummary } from "../schema/run-report.js";
import type { PolicyOutcome } from "../schema/verdict.js";
import type { Store } from "../store/store.js";
import type { CycleEnd } from "./run.js";

/** Sums a cycle up. `elapsedMs` is this session's; everything else the whole cycle's. */
export function summarise(store: Store, cycle: number, elapsedMs: number): RunSummary {
  const counts = store.queries.counts(cycle);
  const usage = store.queries.usageTotals(cycle) ?? { spent_tokens: 0, spent_usd: 0, reserved_usd: 0 };
  const tasks = store.queries.tasks(cycle);
  return {
    tasks: counts.tasks,
    denials: counts.violations,
    attempts: tasks.reduce((sum, task) => sum + task.attempts, 0),
    tokens: usage.spent_tokens,
    usd: usage.spent_usd,
    reserved: usage.reserved_usd,
    usage: store.queries.usage(cycle),
    elapsedMs,
    branch: store.queries.cycle(cycle)?.branch ?? "",
    trace: "worknode log, worknode trace ID",
  };
}

/** What happened on the local target, the only one a run's work is on. */
export interface LocalWork {
  readonly policy: PolicyOutcome;
  readonly reason: string;
  readonly mode: RolloutMode;
  readonly intent: string;
  /** Whether anything was carried out. */
  readonly ran: boolean;
  /** Why it did not succeed; null when it did. */
  readonly failure: { readonly class: string; readonly message: string } | null;
  readonly startedMs: number;
  readonly endedMs: number;
}

/** The fields of source 002, the same in every mode (DESIGN §13). */
export function localDispatch(work: LocalWork): DispatchResult {
  const { failure, ran, mode } = work;
  const at = (ms: number): string | null => (ran ? new Date(ms).toISOString() : null);
  const status = failure === null ? "dispatched" : "failed";
  return {
    PolicyOutcome: work.policy,
    PolicyReason: work.reason,
    HostOutcomes: [
      {
        Host: "local",
        DispatchStatus: ran ? status : "not_dispatched",
        AttemptCount: ran ? 1 : 0,
        LastFailureClass: failure === null ? null : failure.class,
        LastFailureMessage: failure === null ? null : failure.message,
      },
    ],
    BlastRadius: ["local"],
    EffectiveMode: mode,
    OperationIntent: work.intent,
    DispatchMode: mode,
    ExecutionOutcome: outcomeOf(ran, failure === null),
    ExecutionStartedAt: at(work.startedMs),
    ExecutionCompletedAt: at(work.endedMs),
  };
}

function outcomeOf(ran: boolean, succeeded: boolean): DispatchResult["ExecutionOutcome"] {
  if (!ran) return "not_executed";
  return succeeded ? "succeeded" : "failed";
}

const POLICY: Readonly<Record<number, PolicyOutcome>> = { 3: "PolicyBlocked", 6: "EscalationRequired" };

/** The fields of source 002 for a whole run. */
export function dispatchOf(end: CycleEnd, mode: RolloutMode, startedMs: number, endedMs: number): DispatchResult {
  const ran = mode !== "off";
  const failed = ran && end.exitCode !== 0;
  return localDispatch({
    policy: POLICY[end.exitCode] ?? "Approved",
    reason: end.reason,
    mode,
    intent: "run",
    ran,
    failure: failed ? { class: `exit_${end.exitCode}`, message: end.reason } : null,
    startedMs,
    endedMs,
  });
}
