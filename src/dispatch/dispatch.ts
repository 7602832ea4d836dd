import { checkPermit, type Permit, type PermitScope } from "../gate/permit.js";
import { Fault } from "../kernel/fault.js";
import type { Result } from "../kernel/result.js";
import type { DispatchResult, RolloutMode } from "../schema/result.js";
import type { Verdict } from "../schema/verdict.js";
import { type AttemptContext, type AttemptedRun, type AttemptFailure, attemptRun } from "./attempt.js";
import type { ModeScope } from "./mode.js";
import { respond } from "./response.js";

/** One decided call, and what it would touch. */
export interface DispatchRequest<T> {
  readonly verdict: Verdict;
  /** The gate's permit; there is none unless the verdict is `Approved`. */
  readonly permit: Permit | undefined;
  readonly scope: PermitScope;
  /** What the call is for, in a few words. */
  readonly intent: string;
  /** Every host the call resolved to; `local` is this machine. Authoritative: nothing else is touched (S2:97). */
  readonly hosts: readonly string[];
  /** What it acts on. Work in a task's own worktree is rehearsed where the mode is off. Default: targets. */
  readonly actsOn?: ModeScope;
  /** Hosts that are not this machine; none can be reached yet. */
  readonly remote?: boolean;
  /** Whether it cannot be undone; such calls need a confirmation token and are not supported yet. */
  readonly destructive?: boolean;
  /** To be decided only. */
  readonly dryRun?: boolean;
  /** Carries it out on one host. */
  run(at: HostAttempt): Promise<Result<T, AttemptFailure>>;
}

/** One attempt on one host. */
export interface HostAttempt {
  readonly host: string;
  /** From 1. */
  readonly attempt: number;
  readonly permit: Permit;
  /** False in a rehearsal: nothing of what is done may remain. */
  readonly keeps: boolean;
}

/** What one dispatch came to: the stable contract of source 002, and what the hosts gave. */
export interface Dispatched<T> {
  readonly result: DispatchResult;
  readonly values: ReadonlyMap<string, T>;
}

/** How a call reaches its hosts, chosen by the mode. */
interface DispatchAdapter {
  readonly name: "NoExecuteAdapter" | "RehearsalAdapter" | "LocalAdapter";
  /** Why nothing is executed; undefined where the adapter executes. */
  readonly reason: string | undefined;
}

const REHEARSED = "approved; the mode is off: rehearsed, and nothing of it is kept";

/**
 * The one way from a verdict to an effect: carries out an approved call on its hosts and accounts for each of them
 * (S2:57-63). What is not approved, not in a mode that executes, or not supported is answered with the same fields and
 * nothing is run (S2:51, 123). The kill switch is read before each attempt and turns the mode `off`.
 * Throws Fault ERROR_NOT_APPROVED when an approval comes without its genuine permit.
 */
export async function dispatch<T>(
  request: DispatchRequest<T>,
  options: { mode: RolloutMode } & AttemptContext,
): Promise<Dispatched<T>> {
  const { name, reason } = selectAdapter(request, options.mode);
  const hosts = [...new Set(request.hosts)];
  if (name === "NoExecuteAdapter") return notExecuted(request, { mode: options.mode, hosts, reason });
  const permit = requirePermit(request);
  const keeps = name === "LocalAdapter";
  const startedMs = options.clock.nowMs();
  const runs = new Map<string, AttemptedRun<T>>();
  for (const host of hosts)
    runs.set(host, await attemptRun((attempt) => request.run({ host, attempt, permit, keeps }), options));
  const values = new Map([...runs].flatMap(([host, { result }]) => (result.ok ? [[host, result.value] as const] : [])));
  if (!keeps) return { ...notExecuted(request, { mode: options.mode, hosts, reason: REHEARSED }), values };
  return { result: accounted(request, { runs, startedMs }, options), values };
}

/** The adapter for a request: only an approved call on this machine in mode `enforced` executes. */
export function selectAdapter<T>(request: DispatchRequest<T>, mode: RolloutMode): DispatchAdapter {
  const reason = whyNot(request, mode);
  if (reason !== undefined) return { name: "NoExecuteAdapter", reason };
  return { name: mode === "off" ? "RehearsalAdapter" : "LocalAdapter", reason };
}

function whyNot<T>(request: DispatchRequest<T>, mode: RolloutMode): string | undefined {
  if (request.verdict.outcome !== "Approved") return reasonOf(request.verdict);
  if (request.dryRun === true) return "approved; a dry run carries nothing out";
  if (request.destructive === true) return "destructive calls need a confirmation token: not supported yet";
  if (request.remote === true) return "targets other than this machine are not supported yet";
  if (mode === "off")
    return request.actsOn === "worktree" ? undefined : "approved; the mode is off: nothing is executed";
  return mode === "enforced" ? undefined : "canary needs an explicit remote target: not supported yet";
}

function reasonOf(verdict: Verdict): string {
  const reasons = verdict.checks
    .filter(({ pass }) => !pass)
    .map(({ check, reason }) => `${check}: ${reason ?? "failed"}`);
  return reasons.length === 0 ? "approved by all checks" : reasons.join("; ");
}

function requirePermit<T>({ permit, scope }: DispatchRequest<T>): Permit {
  if (permit === undefined)
    throw new Fault("ERROR_NOT_APPROVED", "Not approved: there is no permit for this call.", { exitCode: 3 });
  checkPermit(permit, scope);
  return permit;
}

function notExecuted<T>(
  request: DispatchRequest<T>,
  { mode, hosts, reason }: { mode: RolloutMode; hosts: readonly string[]; reason: string | undefined },
): Dispatched<T> {
  const result = respond({
    policy: request.verdict.outcome,
    reason: reason ?? reasonOf(request.verdict),
    intent: request.intent,
    mode,
    hosts: new Map(hosts.map((host) => [host, null])),
    startedMs: 0,
    endedMs: 0,
  });
  return { result, values: new Map() };
}

function accounted<T>(
  request: DispatchRequest<T>,
  { runs, startedMs }: { runs: ReadonlyMap<string, AttemptedRun<T>>; startedMs: number },
  { mode, clock }: { mode: RolloutMode } & AttemptContext,
): DispatchResult {
  const killed = [...runs.values()].some((run) => run.stopped === "killed");
  return respond({
    policy: request.verdict.outcome,
    reason: killed ? "the kill switch turned the mode off" : reasonOf(request.verdict),
    intent: request.intent,
    mode,
    effectiveMode: killed ? "off" : mode,
    hosts: runs,
    startedMs,
    endedMs: clock.nowMs(),
  });
}
