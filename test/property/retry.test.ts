import fc from "fast-check";
import { expect, it } from "vitest";
import { MAX_ATTEMPTS, RETRY_MAX_MS } from "../../src/kernel/bounds.js";
import { err, ok, type Result } from "../../src/kernel/result.js";
import { type FailureClass, type ModelFailure, retryOf } from "../../src/model/failure.js";
import { MAX_RETRY_AFTER_MS, requestWithRetries } from "../../src/model/retry.js";
import type { ModelReply } from "../../src/schema/message.js";
import { headersOf, plainRequest } from "../unit/model/asking.js";

const CLASSES: readonly FailureClass[] = [
  "transport",
  "timeout",
  "stream_cut",
  "rate_limit",
  "overloaded",
  "server",
  "auth",
  "permission",
  "not_found",
  "invalid",
  "too_large",
  "protocol",
  "aborted",
  "unknown",
];
const TRANSIENT = new Set<FailureClass>(["transport", "timeout", "stream_cut", "rate_limit", "overloaded", "server"]);

const reply: ModelReply = {
  id: "m",
  model: "x",
  content: [],
  stop_reason: "end_turn",
  usage: { input_tokens: 1, output_tokens: 1, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 },
};

const failureArbitrary = fc
  .record({ failure_class: fc.constantFrom(...CLASSES), retryAfterMs: fc.option(fc.nat(2 * MAX_RETRY_AFTER_MS)) })
  .map(({ failure_class, retryAfterMs }): ModelFailure => {
    const common = { failure_class, message: "m", retry: retryOf(failure_class), bytesReceived: false, charged: false };
    return retryAfterMs === null ? common : { ...common, retryAfterMs };
  });

/** Plays a list of outcomes (undefined is a reply) against a clock that only counts. */
async function play(
  outcomes: readonly (ModelFailure | undefined)[],
  random = 0,
  refuseFrom = Number.POSITIVE_INFINITY,
) {
  const story: string[] = [];
  const sleeps: number[] = [];
  let sent = 0;
  const result = await requestWithRetries({
    client: {
      attempt: (): Promise<Result<ModelReply, ModelFailure>> => {
        const outcome = outcomes[sent];
        sent += 1;
        story.push(`send ${sent}`);
        return Promise.resolve(outcome === undefined ? ok(reply) : err(outcome));
      },
    },
    request: plainRequest,
    headers: headersOf(),
    clock: {
      nowMs: () => 0,
      sleep: (ms) => {
        sleeps.push(ms);
        return Promise.resolve();
      },
    },
    random: () => random,
    onAttempt: (attempt) => {
      story.push(`attempt ${attempt}`);
      return attempt >= refuseFrom ? err("no budget") : ok(undefined);
    },
    onFailure: (attempt, failure) => {
      story.push(`failure ${attempt} ${failure.failure_class}`);
    },
  });
  return { result, story, sleeps, sent };
}

it("tries transient failures only, three times at most, and waits as long as the server asks", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.option(failureArbitrary, { nil: undefined }), { minLength: 3, maxLength: 3 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      async (outcomes, random) => {
        const { result, sleeps, sent } = await play(outcomes, random);
        const stop = outcomes.findIndex(
          (outcome) =>
            outcome === undefined ||
            !TRANSIENT.has(outcome.failure_class) ||
            (outcome.retryAfterMs ?? 0) > MAX_RETRY_AFTER_MS,
        );
        expect(sent).toBe(stop === -1 ? MAX_ATTEMPTS : stop + 1);
        expect(sleeps.length).toBe(sent - 1);
        expect(result.ok).toBe(outcomes[sent - 1] === undefined);
        for (const [index, slept] of sleeps.entries()) {
          expect(slept).toBeGreaterThanOrEqual(outcomes[index]?.retryAfterMs ?? 0);
          expect(slept).toBeLessThanOrEqual(Math.max(RETRY_MAX_MS, outcomes[index]?.retryAfterMs ?? 0));
        }
      },
    ),
  );
});

it("tells of each attempt before it is sent and of each failure before the next", async () => {
  const cut: ModelFailure = {
    failure_class: "stream_cut",
    message: "m",
    retry: "transient",
    bytesReceived: true,
    charged: true,
  };
  const { story, sleeps, result } = await play([cut, cut, undefined]);
  expect(story).toEqual([
    "attempt 1",
    "send 1",
    "failure 1 stream_cut",
    "attempt 2",
    "send 2",
    "failure 2 stream_cut",
    "attempt 3",
    "send 3",
  ]);
  expect(sleeps).toEqual([500, 1_000]);
  expect(result).toEqual({ ok: true, value: { reply, attempts: 3 } });
  const refused = await play([cut, cut], 0, 2);
  expect(refused.result).toEqual({ ok: false, error: { kind: "refused", refusal: "no budget", attempts: 1 } });
  expect(refused.sent).toBe(1);
});

it("delays grow whatever the jitter", async () => {
  const server: ModelFailure = {
    failure_class: "server",
    message: "m",
    retry: "transient",
    bytesReceived: false,
    charged: false,
  };
  await fc.assert(
    fc.asyncProperty(fc.double({ min: 0, max: 0.999, noNaN: true }), async (random) => {
      const { sleeps, result } = await play([server, server, server], random);
      expect(sleeps.length).toBe(2);
      expect(sleeps[1]).toBeGreaterThan(sleeps[0] ?? 0);
      expect(result).toMatchObject({ error: { kind: "failed", attempts: 3, failure: { failure_class: "server" } } });
    }),
  );
});

it("ends as cancelled when the caller cancels during a wait", async () => {
  for (const late of [true, false]) {
    const controller = new AbortController();
    const result = await requestWithRetries({
      client: {
        attempt: () =>
          Promise.resolve(
            err({ failure_class: "server", message: "busy", retry: "transient", bytesReceived: false, charged: false }),
          ),
      },
      request: plainRequest,
      headers: headersOf(),
      signal: controller.signal,
      clock: {
        nowMs: () => 0,
        sleep: (_ms, signal) => {
          controller.abort();
          return late ? Promise.resolve() : Promise.reject(signal?.reason as Error);
        },
      },
      onAttempt: () => ok(undefined),
      onFailure: () => undefined,
    });
    expect(result).toMatchObject({ error: { attempts: 1, failure: { failure_class: "aborted", charged: false } } });
  }
});
