import type { DispatchResult, HostOutcome, RolloutMode } from "../schema/result.js";
import type { PolicyOutcome } from "../schema/verdict.js";
import type { AttemptedRun } from "./attempt.js";

/** What is told of work that was decided, whether or not it was carried out. */
export interface Account {
  readonly policy: PolicyOutcome;
  readonly reason: string;
  /** What the work is for, in a few words. */
  readonly intent: string;
  readonly mode: RolloutMode;
  /** The mode as it was in the end: `off` once the kill switch was pulled. Default: `mode`. */
  readonly effectiveMode?: RolloutMode;
  /** Each resolved host with its attempts; null where nothing was sent there. */
  readonly hosts: ReadonlyMap<string, AttemptedRun<unknown> | null>;
  readonly startedMs: number;
  readonly endedMs: number;
}

/** The response of source 002: the same fields in every mode and of every outcome (S2:57-63, DESIGN §13). */
export function respond(account: Account): DispatchResult {
  const { hosts, mode } = account;
  const runs = [...hosts.values()].filter((run) => run !== null);
  const ran = runs.some(({ attempts }) => attempts > 0);
  return {
    PolicyOutcome: account.policy,
    PolicyReason: account.reason,
    HostOutcomes: [...hosts].map(([host, run]) => hostOutcome(host, run)),
    BlastRadius: [...hosts.keys()],
    EffectiveMode: account.effectiveMode ?? mode,
    OperationIntent: account.intent,
    DispatchMode: mode,
    ExecutionOutcome: ran ? executionOutcome(runs) : "not_executed",
    ExecutionStartedAt: ran ? new Date(account.startedMs).toISOString() : null,
    ExecutionCompletedAt: ran ? new Date(account.endedMs).toISOString() : null,
  };
}

function executionOutcome(runs: readonly AttemptedRun<unknown>[]): DispatchResult["ExecutionOutcome"] {
  if (runs.every((run) => run.result.ok)) return "succeeded";
  return runs.some((run) => run.result.ok) ? "partial" : "failed";
}

function hostOutcome(host: string, run: AttemptedRun<unknown> | null): HostOutcome {
  const failure = failureOf(run);
  return {
    Host: host,
    DispatchStatus: statusOf(run),
    AttemptCount: run?.attempts ?? 0,
    LastFailureClass: failure.class,
    LastFailureMessage: failure.message,
  };
}

function failureOf(run: AttemptedRun<unknown> | null): { class: string | null; message: string | null } {
  return run === null || run.result.ok ? { class: null, message: null } : run.result.error;
}

function statusOf(run: AttemptedRun<unknown> | null): HostOutcome["DispatchStatus"] {
  if (run === null || run.attempts === 0) return "not_dispatched";
  if (run.result.ok) return "dispatched";
  return run.result.error.class === "unknown_outcome" ? "unknown" : "failed";
}
