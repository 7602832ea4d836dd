import { assert } from "../kernel/assert.js";
import { MAX_ATTEMPTS, RETRY_INITIAL_MS, RETRY_MAX_MS } from "../kernel/bounds.js";
import { type Clock, systemClock } from "../kernel/clock.js";
import { err, ok, type Result } from "../kernel/result.js";
import type { ModelReply } from "../schema/message.js";
import type { ModelFailure } from "./failure.js";
import type { AttemptOptions, ModelClient, ModelRequest } from "./request.js";

/** Longest wait a server may ask for between two attempts (ms); beyond it the task parks instead. */
export const MAX_RETRY_AFTER_MS = 120_000;
/** Share of a delay taken off at random, so that many agents do not come back at once. */
const JITTER = 0.25;

/** How often a request is sent, and how long it waits between: `initialMs`, then `factor` times as long, at most `maxMs`. */
export interface RetryPolicy {
  readonly attempts: number;
  readonly initialMs: number;
  readonly factor: number;
  readonly maxMs: number;
}

/** What holds where a plan says nothing else (S2:79-81). */
export const DEFAULT_RETRY: RetryPolicy = {
  attempts: MAX_ATTEMPTS,
  initialMs: RETRY_INITIAL_MS,
  factor: 2,
  maxMs: RETRY_MAX_MS,
};

/** A request with all it takes to try it again. `R` is why an attempt may be refused beforehand. */
export interface RetriedRequest<R> extends AttemptOptions {
  readonly client: ModelClient;
  readonly request: ModelRequest;
  readonly clock?: Clock;
  /** At most MAX_ATTEMPTS. Default: DEFAULT_RETRY. */
  readonly policy?: RetryPolicy;
  /** A number in [0, 1). */
  readonly random?: () => number;
  /**
   * Before each attempt, numbered from 1: reserve and record here. An error ends the request
   * without sending it.
   */
  readonly onAttempt: (attempt: number) => Result<void, R> | Promise<Result<void, R>>;
  /** After each failed attempt, before any wait: record and settle here. */
  readonly onFailure: (attempt: number, failure: ModelFailure) => void | Promise<void>;
}

/** How a request that brought no reply ended. */
export type RequestEnd<R> =
  | { readonly kind: "failed"; readonly failure: ModelFailure; readonly attempts: number }
  | { readonly kind: "refused"; readonly refusal: R; readonly attempts: number };

/** A reply and the attempts it took. */
export interface AnsweredRequest {
  readonly reply: ModelReply;
  readonly attempts: number;
}

/**
 * Asks as often as its policy says (S2:79-81): again only after a transient failure, after a delay that
 * grows and is never shorter than the server's `retry-after`. Throws only what the callbacks throw.
 */
export async function requestWithRetries<R>(asked: RetriedRequest<R>): Promise<Result<AnsweredRequest, RequestEnd<R>>> {
  const policy = asked.policy ?? DEFAULT_RETRY;
  assert(policy.attempts <= MAX_ATTEMPTS, "a policy allows too many attempts");
  for (let attempt = 1; ; attempt += 1) {
    assert(attempt <= MAX_ATTEMPTS, "a request is tried too often");
    const admitted = await asked.onAttempt(attempt);
    if (!admitted.ok) return err({ kind: "refused", refusal: admitted.error, attempts: attempt - 1 });
    const result = await asked.client.attempt(asked.request, asked);
    if (result.ok) return ok({ reply: result.value, attempts: attempt });
    const failure = result.error;
    await asked.onFailure(attempt, failure);
    const delayMs = delayAfter(failure, { attempt, policy, random: asked.random ?? Math.random });
    if (delayMs === undefined) return err({ kind: "failed", failure, attempts: attempt });
    if (!(await pause(asked, delayMs))) return err({ kind: "failed", failure: cancelled(failure), attempts: attempt });
  }
}

/** The wait before the next attempt (ms), or undefined when there shall be none. */
function delayAfter(
  failure: ModelFailure,
  { attempt, policy, random }: { attempt: number; policy: RetryPolicy; random: () => number },
): number | undefined {
  if (failure.retry === "never" || attempt >= policy.attempts) return undefined;
  const asked = failure.retryAfterMs ?? 0;
  if (asked > MAX_RETRY_AFTER_MS) return undefined;
  const backoff = delayMs(policy, attempt);
  return Math.max(asked, Math.round(backoff * (1 - JITTER * random())));
}

/** The wait after a failed attempt (ms), numbered from 1. */
export function delayMs({ initialMs, factor, maxMs }: RetryPolicy, attempt: number): number {
  return Math.min(initialMs * factor ** (attempt - 1), maxMs);
}

async function pause<R>(asked: RetriedRequest<R>, ms: number): Promise<boolean> {
  try {
    await (asked.clock ?? systemClock).sleep(ms, asked.signal);
    return asked.signal?.aborted !== true;
  } catch {
    return false;
  }
}

/** Cancelled while waiting: nothing is under way, and the failed attempt was told already. */
function cancelled(last: ModelFailure): ModelFailure {
  return {
    failure_class: "aborted",
    message: `the request was cancelled while waiting to try again after: ${last.message}`,
    retry: "never",
    bytesReceived: false,
    charged: false,
  };
}
