import { respond } from "../../dispatch/response.js";
import { err, ok } from "../../kernel/result.js";
import type { DispatchResult, RolloutMode } from "../../schema/result.js";
import type { RunSummary } from "../../schema/run-report.js";
import type { PolicyOutcome } from "../../schema/verdict.js";
import type { Store } from "../../store/store.js";
import { LOCAL_HOST } from "../call/local-dispatch.js";
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

const POLICY: Readonly<Record<number, PolicyOutcome>> = { 3: "PolicyBlocked", 6: "EscalationRequired" };

/** The response of source 002 for a whole run, whose work is on this machine. */
export function dispatchOf(end: CycleEnd, mode: RolloutMode, startedMs: number, endedMs: number): DispatchResult {
  const { exitCode, reason } = end;
  const result = exitCode === 0 ? ok(exitCode) : err({ class: `exit_${exitCode}`, message: reason });
  const run = mode === "off" ? null : { attempts: 1, result, stopped: null };
  const policy = POLICY[exitCode] ?? "Approved";
  return respond({ policy, reason, intent: "run", mode, hosts: new Map([[LOCAL_HOST, run]]), startedMs, endedMs });
}
