import type { Retry } from "../kernel/fault.js";

/**
 * Why an attempt brought no whole reply. Transient: transport, timeout, stream_cut, rate_limit,
 * overloaded, server. All others are never tried again (DESIGN §10, S2:79-81); `unknown` among them.
 */
export type FailureClass =
  | "transport"
  | "timeout"
  | "stream_cut"
  | "rate_limit"
  | "overloaded"
  | "server"
  | "auth"
  | "permission"
  | "not_found"
  | "invalid"
  | "too_large"
  | "protocol"
  | "aborted"
  | "unknown";

/** One failed attempt, as a value. */
export interface ModelFailure {
  readonly failure_class: FailureClass;
  /** What happened, without anything secret. */
  readonly message: string;
  readonly retry: Retry;
  /** Wait the server asked for (ms). */
  readonly retryAfterMs?: number;
  /** Whether a reply had begun to arrive. */
  readonly bytesReceived: boolean;
  /**
   * Whether the server may have done (and billed) the work: the reservation then stays charged.
   * False only where that is known: an error status, or no connection at all.
   */
  readonly charged: boolean;
  readonly requestId?: string;
  /** HTTP status, when there was one. */
  readonly status?: number;
}

const TRANSIENT: ReadonlySet<FailureClass> = new Set([
  "transport",
  "timeout",
  "stream_cut",
  "rate_limit",
  "overloaded",
  "server",
]);

/** Whether a class may be tried again. */
export function retryOf(failureClass: FailureClass): Retry {
  return TRANSIENT.has(failureClass) ? "transient" : "never";
}

const CONFIGURATION: ReadonlySet<FailureClass> = new Set(["auth", "permission", "not_found", "transport"]);

/**
 * Whether a failure of a run's *first* request means that the model is not set up right (wrong key,
 * unknown model, unreachable server): the crew then ends with exit 2, resumable. `transport` counts
 * only where no connection could be made; later in a run it is an outage and the task parks.
 */
export function isConfigurationFailure(failure: ModelFailure): boolean {
  if (!CONFIGURATION.has(failure.failure_class)) return false;
  return failure.failure_class !== "transport" || !failure.charged;
}
