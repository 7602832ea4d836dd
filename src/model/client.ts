import Anthropic, { APIError } from "@anthropic-ai/sdk";
import { InvariantError } from "../kernel/assert.js";
import { type Clock, systemClock } from "../kernel/clock.js";
import { err, type Result } from "../kernel/result.js";
import type { ModelReply } from "../schema/message.js";
import { classify, cutFailure, protocolFailure } from "./classify.js";
import type { ModelFailure } from "./failure.js";
import { httpFetch } from "./http-fetch.js";
import { type ModelProfile, resolveProfile } from "./profile.js";
import { assembleReply } from "./reply-assembly.js";
import type { AttemptOptions, ModelClient, ModelRequest } from "./request.js";
import { requestBody } from "./request-body.js";

/** How a model is reached; times are in milliseconds. */
export interface ModelClientOptions {
  /** Address of the server; the hosted API when absent. */
  readonly baseUrl?: string;
  readonly apiKey: string;
  /** What the server can do; by its address when absent. */
  readonly profile?: ModelProfile;
  /** Longest wait for the head of a response (ms). */
  readonly responseTimeoutMs?: number;
  /** Longest silence within a stream (ms). Pings are not counted as words. */
  readonly idleTimeoutMs?: number;
  readonly clock?: Clock;
}

const HOSTED_URL = "https://api.anthropic.com";
/** A busy server may queue a request before it answers at all. */
const RESPONSE_TIMEOUT_MS = 5 * 60_000;
/** A model may think for minutes without a word. */
const IDLE_TIMEOUT_MS = 10 * 60_000;

/** Ends an attempt on silence or on the caller's signal, and remembers which. */
interface Watch {
  readonly signal: AbortSignal;
  timedOut: boolean;
  /** Puts the silence's end off by another `ms`. */
  extend(ms: number): void;
  stop(): void;
}

/**
 * Makes a client of the Messages API. Each attempt is one streamed HTTP request; retries are the
 * caller's (`requestWithRetries`). The key goes nowhere but the request's header.
 */
export function createModelClient(options: ModelClientOptions): ModelClient {
  const baseURL = options.baseUrl ?? HOSTED_URL;
  const profile = options.profile ?? resolveProfile(baseURL, undefined);
  const sdk = new Anthropic({
    apiKey: options.apiKey,
    baseURL,
    maxRetries: 0,
    timeout: 2 * (options.responseTimeoutMs ?? RESPONSE_TIMEOUT_MS),
    logLevel: "off",
    openTelemetry: false,
    fetch: httpFetch,
  });
  return { attempt: (request, attempt) => runAttempt({ sdk, profile, options }, request, attempt) };
}

interface Parts {
  readonly sdk: Anthropic;
  readonly profile: ModelProfile;
  readonly options: ModelClientOptions;
}

async function runAttempt(
  parts: Parts,
  request: ModelRequest,
  attempt: AttemptOptions,
): Promise<Result<ModelReply, ModelFailure>> {
  const { options } = parts;
  const idleMs = options.idleTimeoutMs ?? IDLE_TIMEOUT_MS;
  const watch = startWatch(options.responseTimeoutMs ?? RESPONSE_TIMEOUT_MS, attempt.signal);
  let bytesReceived = false;
  try {
    const sent = parts.sdk.post<AsyncIterable<unknown>>("/v1/messages", {
      body: requestBody(request, parts.profile),
      headers: { ...attempt.headers, "content-type": "application/json" },
      signal: watch.signal,
      stream: true,
    });
    const { data: stream, response } = await sent.withResponse();
    attempt.onHead?.(response);
    bytesReceived = true;
    watch.extend(idleMs);
    const reply = await readStream(stream, { idleMs, watch, onText: attempt.onText });
    if (reply.ok || !watch.signal.aborted) return reply;
    return err(fail(new Error("aborted")));
  } catch (thrown) {
    if (thrown instanceof InvariantError) throw thrown;
    tellRefusal(thrown, attempt);
    return err(fail(thrown));
  } finally {
    watch.stop();
  }

  function fail(thrown: unknown): ModelFailure {
    const nowMs = (options.clock ?? systemClock).nowMs();
    const aborted = attempt.signal?.aborted === true;
    return classify(thrown, { bytesReceived, aborted, timedOut: watch.timedOut, nowMs });
  }
}

/** A refusal has a head as well. */
function tellRefusal(thrown: unknown, { onHead }: AttemptOptions): void {
  if (!(thrown instanceof APIError) || thrown.status === undefined || thrown.headers === undefined) return;
  onHead?.({ status: thrown.status, headers: thrown.headers });
}

function startWatch(ms: number, outer: AbortSignal | undefined): Watch {
  const controller = new AbortController();
  const onAbort = (): void => controller.abort();
  const onSilence = (): void => {
    watch.timedOut = true;
    controller.abort();
  };
  let waitMs = ms;
  let timer = setTimeout(onSilence, ms);
  if (outer?.aborted === true) controller.abort();
  else outer?.addEventListener("abort", onAbort, { once: true });
  const watch: Watch = {
    signal: controller.signal,
    timedOut: false,
    extend(nextMs) {
      if (nextMs === waitMs) {
        timer.refresh();
        return;
      }
      clearTimeout(timer);
      waitMs = nextMs;
      timer = setTimeout(onSilence, nextMs);
    },
    stop() {
      clearTimeout(timer);
      outer?.removeEventListener("abort", onAbort);
    },
  };
  return watch;
}

/**
 * Reads events until the reply is whole. Leaving the loop early makes the SDK close the connection.
 * Bounded by the assembly's longest reply.
 */
async function readStream(
  stream: AsyncIterable<unknown>,
  facts: { idleMs: number; watch: Watch; onText: AttemptOptions["onText"] },
): Promise<Result<ModelReply, ModelFailure>> {
  const assembly = assembleReply(facts.onText);
  let events = 0;
  for await (const event of stream) {
    events += 1;
    facts.watch.extend(facts.idleMs);
    const fault = assembly.take(event);
    if (fault !== undefined) return err(protocolFailure(fault));
  }
  const whole = assembly.finish();
  if (whole !== undefined) return whole.ok ? whole : err(protocolFailure(whole.error));
  return err(events === 0 ? protocolFailure("it holds no events") : cutFailure("it ended before message_stop"));
}
