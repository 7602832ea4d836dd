import { MAX_ATTEMPTS, RETRY_INITIAL_MS, RETRY_MAX_MS } from "../kernel/bounds.js";
import type { Clock } from "../kernel/clock.js";
import { Fault, messageOf } from "../kernel/fault.js";
import { err, type Result } from "../kernel/result.js";

/** The one class of failure that is tried again: the call did not arrive (S2:79). */
export const TRANSIENT = "transient_transport";

/** Why one attempt failed. Only `transient_transport` is tried again; a class nobody knows is not. */
export interface AttemptFailure {
  readonly class: string;
  readonly message: string;
}

/** What a call tried some times came to. `stopped`: the kill switch or a cancellation ended it early. */
export interface AttemptedRun<T> {
  readonly attempts: number;
  readonly result: Result<T, AttemptFailure>;
  readonly stopped: "killed" | "cancelled" | null;
}

/** What surrounds attempts. */
export interface AttemptContext {
  readonly clock: Clock;
  /** The kill switch, read before each attempt; an exception counts as killed. */
  isKilled(): boolean;
  readonly signal?: AbortSignal;
}

/** Waits before the second and third attempt (ms): each twice the one before (S2:80). */
export function retryDelayMs(failedAttempts: number): number {
  return Math.min(RETRY_MAX_MS, RETRY_INITIAL_MS * 2 ** (failedAttempts - 1));
}

/** Runs a call at most MAX_ATTEMPTS times: again only after a transient failure. Never throws. */
export async function attemptRun<T>(
  run: (attempt: number) => Promise<Result<T, AttemptFailure>>,
  context: AttemptContext,
): Promise<AttemptedRun<T>> {
  let last: AttemptFailure = { class: "killed", message: "the kill switch is on" };
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    if (isKilled(context)) return { attempts: attempt - 1, result: err(last), stopped: "killed" };
    const result = await runOnce(run, attempt);
    if (result.ok) return { attempts: attempt, result, stopped: null };
    last = result.error;
    if (last.class !== TRANSIENT || attempt === MAX_ATTEMPTS) return { attempts: attempt, result, stopped: null };
    if (!(await pause(context, retryDelayMs(attempt)))) return { attempts: attempt, result, stopped: "cancelled" };
  }
  return { attempts: MAX_ATTEMPTS, result: err(last), stopped: null };
}

function isKilled(context: AttemptContext): boolean {
  try {
    return context.isKilled() !== false;
  } catch {
    return true;
  }
}

async function runOnce<T>(
  run: (attempt: number) => Promise<Result<T, AttemptFailure>>,
  attempt: number,
): Promise<Result<T, AttemptFailure>> {
  try {
    return await run(attempt);
  } catch (thrown) {
    return err(classifyThrown(thrown));
  }
}

/** A fault that says it may pass is transient; everything else is deterministic until shown otherwise (S2:81). */
export function classifyThrown(thrown: unknown): AttemptFailure {
  if (!(thrown instanceof Fault)) return { class: "unclassified", message: messageOf(thrown) };
  return { class: thrown.retry === "transient" ? TRANSIENT : thrown.code, message: thrown.message };
}

async function pause(context: AttemptContext, ms: number): Promise<boolean> {
  try {
    await context.clock.sleep(ms, context.signal);
    return true;
  } catch {
    return false;
  }
}
