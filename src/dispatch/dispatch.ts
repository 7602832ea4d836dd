import { checkPermit, type Permit, type PermitScope } from "../gate/permit.js";
import { Fault } from "../kernel/fault.js";
import type { Result } from "../kernel/result.js";
import type { DispatchResult, HostOutcome, RolloutMode } from "../schema/result.js";
import type { Verdict } from "../schema/verdict.js";
import { type AttemptContext, type AttemptedRun, type AttemptFailure, attemptRun } from "./attempt.js";

/** One decided call, and what it would touch. */
export interface DispatchRequest<T> {
  readonly verdict: Verdict;
  /** The gate's permit; there is none unless the verdict is `Approved`. */
  readonly permit: Permit | undefined;
  readonly scope: Omit<PermitScope, "nowMs">;
  /** What the call is for, in a few words. */
  readonly intent: string;
  /** Every host the call resolved to; `local` is this machine. Authoritative: nothing else is touched (S2:97). */
  readonly hosts: readonly string[];
  /** Hosts that are not this machine; none can be reached yet. */
  readonly remote?: boolean;
  /** Whether it cannot be undone; such calls need a confirmation token and are not supported yet. */
  readonly destructive?: boolean;
  run(host: string, attempt: number): Promise<Result<T, AttemptFailure>>;
}

/** What one dispatch came to: the stable contract of source 002, and what the hosts gave. */
export interface Dispatched<T> {
  readonly result: DispatchResult;
  readonly values: ReadonlyMap<string, T>;
}

/** How a call reaches its hosts, chosen by the mode. */
interface DispatchAdapter {
  readonly name: "NoExecuteAdapter" | "LocalAdapter";
  /** Why nothing is executed; undefined where the adapter executes. */
  readonly reason: string | undefined;
}

/**
 * Carries out an approved call on its hosts and accounts for each of them (S2:57-63). What is not
 * approved, not in a mode that executes, or not supported is answered with the same fields and nothing
 * is run (S2:51, 123). The kill switch is read before each attempt and turns the mode `off`.
 * Throws Fault ERROR_NOT_APPROVED when an approval comes without its genuine permit.
 */
export async function dispatch<T>(
  request: DispatchRequest<T>,
  options: { mode: RolloutMode } & AttemptContext,
): Promise<Dispatched<T>> {
  const adapter = selectAdapter(request, options.mode);
  const hosts = [...new Set(request.hosts)];
  if (adapter.reason !== undefined) return notExecuted(request, { mode: options.mode, hosts, reason: adapter.reason });
  requirePermit(request, options.clock.nowMs());
  const startedMs = options.clock.nowMs();
  const runs = new Map<string, AttemptedRun<T>>();
  for (const host of hosts) runs.set(host, await attemptRun((attempt) => request.run(host, attempt), options));
  return accounted(request, { mode: options.mode, runs, startedMs, endedMs: options.clock.nowMs() });
}

/** The adapter for a request: only an approved call on this machine in mode `enforced` executes. */
export function selectAdapter<T>(request: DispatchRequest<T>, mode: RolloutMode): DispatchAdapter {
  const reason = whyNot(request, mode);
  return { name: reason === undefined ? "LocalAdapter" : "NoExecuteAdapter", reason };
}

function whyNot<T>(request: DispatchRequest<T>, mode: RolloutMode): string | undefined {
  if (request.verdict.outcome !== "Approved") return reasonOf(request.verdict);
  if (mode === "off") return "approved; the mode is off, so nothing is executed";
  if (request.destructive === true) return "destructive calls need a confirmation token: not supported yet";
  if (request.remote === true) return "targets other than this machine are not supported yet";
  return mode === "enforced" ? undefined : "canary needs an explicit remote target: not supported yet";
}

function reasonOf(verdict: Verdict): string {
  const reasons = verdict.checks
    .filter(({ pass }) => !pass)
    .map(({ check, reason }) => `${check}: ${reason ?? "failed"}`);
  return reasons.length === 0 ? "approved by all checks" : reasons.join("; ");
}

function requirePermit<T>(request: DispatchRequest<T>, nowMs: number): void {
  if (request.permit === undefined)
    throw new Fault("ERROR_NOT_APPROVED", "Not approved: there is no permit for this call.", { exitCode: 3 });
  checkPermit(request.permit, { ...request.scope, nowMs });
}

function notExecuted<T>(
  request: DispatchRequest<T>,
  { mode, hosts, reason }: { mode: RolloutMode; hosts: readonly string[]; reason: string },
): Dispatched<T> {
  const outcomes = hosts.map((host) => outcomeOf(host, undefined));
  const executed = { ExecutionOutcome: "not_executed", ExecutionStartedAt: null, ExecutionCompletedAt: null } as const;
  return {
    result: {
      ...header(request, { hosts, reason }),
      HostOutcomes: outcomes,
      EffectiveMode: mode,
      DispatchMode: mode,
      ...executed,
    },
    values: new Map(),
  };
}

function header<T>(
  request: DispatchRequest<T>,
  { hosts, reason }: { hosts: readonly string[]; reason: string },
): Pick<DispatchResult, "PolicyOutcome" | "PolicyReason" | "BlastRadius" | "OperationIntent"> {
  return {
    PolicyOutcome: request.verdict.outcome,
    PolicyReason: reason,
    BlastRadius: [...hosts],
    OperationIntent: request.intent,
  };
}

function accounted<T>(
  request: DispatchRequest<T>,
  done: { mode: RolloutMode; runs: ReadonlyMap<string, AttemptedRun<T>>; startedMs: number; endedMs: number },
): Dispatched<T> {
  const { mode, runs } = done;
  const entries = [...runs];
  const killed = entries.some(([, run]) => run.stopped === "killed");
  const ran = entries.some(([, run]) => run.attempts > 0);
  const values = new Map(entries.flatMap(([host, { result }]) => (result.ok ? [[host, result.value] as const] : [])));
  const reason = killed ? "the kill switch turned the mode off" : reasonOf(request.verdict);
  const result: DispatchResult = {
    ...header(request, { hosts: [...runs.keys()], reason }),
    HostOutcomes: entries.map(([host, run]) => outcomeOf(host, run)),
    EffectiveMode: killed ? "off" : mode,
    DispatchMode: mode,
    ExecutionOutcome: executionOutcome(entries.map(([, run]) => run)),
    ExecutionStartedAt: ran ? new Date(done.startedMs).toISOString() : null,
    ExecutionCompletedAt: ran ? new Date(done.endedMs).toISOString() : null,
  };
  return { result, values };
}

function executionOutcome(runs: readonly AttemptedRun<unknown>[]): DispatchResult["ExecutionOutcome"] {
  if (runs.every((run) => run.attempts === 0)) return "not_executed";
  if (runs.every((run) => run.result.ok)) return "succeeded";
  return runs.some((run) => run.result.ok) ? "partial" : "failed";
}

function outcomeOf(host: string, run: AttemptedRun<unknown> | undefined): HostOutcome {
  const { class: failureClass, message } = failureOf(run);
  return {
    Host: host,
    DispatchStatus: statusOf(run),
    AttemptCount: run?.attempts ?? 0,
    LastFailureClass: failureClass,
    LastFailureMessage: message,
  };
}

function failureOf(run: AttemptedRun<unknown> | undefined): { class: string | null; message: string | null } {
  return run === undefined || run.result.ok ? { class: null, message: null } : run.result.error;
}

function statusOf(run: AttemptedRun<unknown> | undefined): HostOutcome["DispatchStatus"] {
  if (run === undefined || run.attempts === 0) return "not_dispatched";
  if (run.result.ok) return "dispatched";
  return run.result.error.class === "unknown_outcome" ? "unknown" : "failed";
}
