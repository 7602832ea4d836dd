import { APIError } from "@anthropic-ai/sdk";
import { messageOf } from "../kernel/fault.js";
import { type FailureClass, type ModelFailure, retryOf } from "./failure.js";

/** What is known of an attempt besides what was thrown. */
export interface AttemptFacts {
  /** The response's head had arrived with status 200. */
  readonly bytesReceived: boolean;
  readonly aborted: boolean;
  readonly timedOut: boolean;
  readonly nowMs: number;
}

const MAX_MESSAGE_CHARS = 500;

const BY_STATUS: Record<number, FailureClass> = {
  400: "invalid",
  401: "auth",
  402: "permission",
  403: "permission",
  404: "not_found",
  408: "timeout",
  413: "too_large",
  422: "invalid",
  429: "rate_limit",
  529: "overloaded",
};

/** The class of an HTTP error status. */
export function classOfStatus(status: number): FailureClass {
  return BY_STATUS[status] ?? (status >= 500 ? "server" : "unknown");
}

/** Types of an `error` event in mid-stream. */
const BY_TYPE: Record<string, FailureClass> = {
  overloaded_error: "overloaded",
  rate_limit_error: "rate_limit",
  api_error: "server",
  timeout_error: "server",
  invalid_request_error: "invalid",
  authentication_error: "auth",
  permission_error: "permission",
  billing_error: "permission",
  not_found_error: "not_found",
  request_too_large: "too_large",
};

/** No connection was made, so nothing was asked. */
const NOTHING_SENT: ReadonlySet<unknown> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENETDOWN",
  "UND_ERR_CONNECT_TIMEOUT",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_HAS_EXPIRED",
]);
const TIMEOUTS: ReadonlySet<unknown> = new Set(["UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT", "ETIMEDOUT"]);
const CAUSES_FOLLOWED = 6;

/** Makes a failure of a protocol fault found while reading a reply. */
export function protocolFailure(message: string): ModelFailure {
  return failure("protocol", `the server's reply breaks the protocol: ${message}`, { bytesReceived: true });
}

/** Makes a failure of a stream that ended, in whatever manner, before the reply was whole. */
export function cutFailure(detail: string): ModelFailure {
  return failure("stream_cut", `the reply was cut off: ${detail}`, { bytesReceived: true });
}

/** Turns whatever an attempt threw into a failure. Total; what it does not know is `unknown`. */
export function classify(thrown: unknown, facts: AttemptFacts): ModelFailure {
  const { bytesReceived } = facts;
  if (facts.aborted) return failure("aborted", "the request was cancelled", { bytesReceived, charged: true });
  if (facts.timedOut)
    return failure("timeout", "the server stayed silent for too long", { bytesReceived, charged: true });
  if (thrown instanceof APIError && thrown.status !== undefined) return fromStatus(thrown, facts.nowMs);
  return bytesReceived ? fromStream(thrown) : fromConnection(thrown);
}

/** What breaks a body off: the server or the network closed the connection, or the bytes were no HTTP. */
const CUTS: ReadonlySet<unknown> = new Set(["ECONNRESET", "EPIPE", "ERR_STREAM_PREMATURE_CLOSE"]);

/** The SDK passes on what broke the body. */
function fromStream(thrown: unknown): ModelFailure {
  if (thrown instanceof APIError) return fromErrorEvent(thrown);
  if (thrown instanceof SyntaxError) return protocolFailure("an event is not JSON");
  if (hasCode(thrown, TIMEOUTS))
    return failure("timeout", `the stream fell silent: ${causeText(thrown)}`, { bytesReceived: true });
  if (hasCode(thrown, CUTS)) return cutFailure(causeText(thrown));
  return failure("unknown", messageOf(thrown), { bytesReceived: true });
}

function fromStatus(thrown: APIError, nowMs: number): ModelFailure {
  const status = thrown.status ?? 0;
  const made = failure(classOfStatus(status), thrown.message, { bytesReceived: false });
  const retryAfterMs = retryAfter(thrown.headers, nowMs);
  return {
    ...made,
    status,
    ...(thrown.headers?.get("x-should-retry") === "false" ? { retry: "never" } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...requestIdOf(thrown),
  };
}

function fromErrorEvent(thrown: APIError): ModelFailure {
  const failureClass = BY_TYPE[String(thrown.type)] ?? "unknown";
  return { ...failure(failureClass, thrown.message, { bytesReceived: true }), ...requestIdOf(thrown) };
}

function requestIdOf(thrown: APIError): { requestId?: string } {
  return typeof thrown.requestID === "string" ? { requestId: thrown.requestID } : {};
}

function fromConnection(thrown: unknown): ModelFailure {
  const message = `no answer from the server: ${causeText(thrown)}`;
  if (hasCode(thrown, NOTHING_SENT)) return failure("transport", message, { bytesReceived: false, charged: false });
  if (hasCode(thrown, TIMEOUTS)) return failure("timeout", message, { bytesReceived: false, charged: true });
  const known = thrown instanceof APIError;
  return failure(known ? "transport" : "unknown", message, { bytesReceived: false, charged: true });
}

function hasCode(thrown: unknown, codes: ReadonlySet<unknown>): boolean {
  return causes(thrown).some((cause) => codes.has((cause as { code?: unknown }).code));
}

/** An error with its causes, outermost first. */
function causes(thrown: unknown): unknown[] {
  const chain: unknown[] = [];
  let next = thrown;
  while (typeof next === "object" && next !== null && chain.length < CAUSES_FOLLOWED) {
    chain.push(next);
    next = (next as { cause?: unknown }).cause;
  }
  return chain;
}

/** The innermost message, which names the trouble (`connect ECONNREFUSED 127.0.0.1:9`). */
function causeText(thrown: unknown): string {
  const chain = causes(thrown).filter((cause) => cause instanceof Error && cause.message !== "");
  const last = chain.at(-1) as (Error & { code?: unknown }) | undefined;
  if (last !== undefined) return last.message;
  const code = causes(thrown)
    .map((cause) => (cause as { code?: unknown }).code)
    .find((value) => typeof value === "string");
  return typeof code === "string" ? code : messageOf(thrown);
}

/** `retry-after` in seconds or as an HTTP date, as milliseconds from now. */
function retryAfter(headers: Headers | undefined, nowMs: number): number | undefined {
  const text = headers?.get("retry-after");
  if (text === null || text === undefined || text === "") return undefined;
  const seconds = Number(text);
  const ms = Number.isNaN(seconds) ? Date.parse(text) - nowMs : seconds * 1_000;
  return Number.isFinite(ms) ? Math.max(0, Math.ceil(ms)) : undefined;
}

function failure(
  failureClass: FailureClass,
  message: string,
  facts: { bytesReceived: boolean; charged?: boolean },
): ModelFailure {
  return {
    failure_class: failureClass,
    message: message.slice(0, MAX_MESSAGE_CHARS),
    retry: retryOf(failureClass),
    bytesReceived: facts.bytesReceived,
    charged: facts.charged ?? facts.bytesReceived,
  };
}
