import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { InvariantError } from "../../../src/kernel/assert.js";
import type { ModelClientOptions } from "../../../src/model/client.js";
import { createModelClient } from "../../../src/model/client.js";
import { isConfigurationFailure, type ModelFailure } from "../../../src/model/failure.js";
import { BASIC_PROFILE } from "../../../src/model/profile.js";
import { requestHeaders } from "../../../src/model/request.js";
import type { ScriptedReplyInput } from "../../../src/model/scripted/script.js";
import { type ScriptedServer, startScriptedServer } from "../../../src/model/scripted/server.js";
import { clientOf, headersOf, plainRequest } from "./asking.js";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function scripted(reply: ScriptedReplyInput): Promise<ScriptedServer & { bodies: Record<string, unknown>[] }> {
  const bodies: Record<string, unknown>[] = [];
  const server = await startScriptedServer({
    respond: ({ body }) => {
      bodies.push(body);
      return reply;
    },
  });
  closers.push(() => server.close());
  return { ...server, bodies };
}

async function bare(handler: Parameters<typeof createServer>[1]): Promise<string> {
  const server: Server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function failureOf(url: string, options: Partial<ModelClientOptions> = {}): Promise<ModelFailure> {
  const result = await clientOf(url, options).attempt(plainRequest, { headers: headersOf() });
  if (result.ok) throw new Error("a failure was expected");
  return result.error;
}

async function faultOf(fault: NonNullable<ScriptedReplyInput["faults"]>[number], options = {}): Promise<ModelFailure> {
  const server = await scripted({
    thinking: "hm",
    text: "hello",
    tools: [{ name: "Read", input: { file_path: "a" } }],
    faults: [fault],
  });
  return failureOf(server.url, options);
}

it("brings back a streamed reply block by block, thinking with its signature, and tells the text as it comes", async () => {
  const text = "ünï ".repeat(300);
  const server = await scripted({
    thinking: "let me see",
    text,
    tools: [{ name: "Read", input: { file_path: "ä.ts", offset: 3 } }, { name: "Read" }],
    usage: { input_tokens: 5, output_tokens: 6, cache_read_input_tokens: 7, cache_creation_input_tokens: 8 },
  });
  const pieces: string[] = [];
  const result = await clientOf(server.url).attempt(plainRequest, {
    headers: headersOf(),
    onText: (piece) => pieces.push(piece),
  });
  expect(result).toEqual({
    ok: true,
    value: {
      id: "msg_scripted_1_T_1_work_1_0",
      model: "claude-sonnet-5-5",
      stop_reason: "tool_use",
      usage: { input_tokens: 5, output_tokens: 6, cache_read_input_tokens: 7, cache_creation_input_tokens: 8 },
      content: [
        { type: "thinking", thinking: "let me see", signature: expect.stringMatching(/=$/) },
        { type: "text", text },
        {
          type: "tool_use",
          id: expect.stringMatching(/^toolu_/),
          name: "Read",
          input: { file_path: "ä.ts", offset: 3 },
        },
        { type: "tool_use", id: expect.stringMatching(/^toolu_/), name: "Read", input: {} },
      ],
    },
  });
  expect(pieces.length).toBeGreaterThan(1);
  expect(pieces.join("")).toBe(text);
});

it("sends the four headers, and percent-encodes what HTTP refuses", async () => {
  const server = await scripted({ text: "a" });
  await clientOf(server.url).attempt(plainRequest, {
    headers: requestHeaders({ agent: "prüfer\n", tier: "validation", task: null, execution: "2:-:plan-review:1:1" }),
  });
  expect(server.requests()[0]?.headers).toEqual({
    "x-worknode-agent": "pr%C3%BCfer%0A",
    "x-worknode-tier": "validation",
    "x-worknode-task": "-",
    "x-worknode-execution": "2:-:plan-review:1:1",
  });
});

it("asks with caching, adaptive thinking, effort and one tool at a time where the profile allows it", async () => {
  const server = await scripted({ text: "a" });
  const request = { ...plainRequest, effort: "high" as const };
  await clientOf(server.url).attempt(request, { headers: headersOf() });
  expect(server.bodies[0]).toEqual({
    model: "claude-sonnet-5-5",
    max_tokens: 1_000,
    stream: true,
    system: "You write code.",
    messages: request.messages,
    tools: request.tools,
    tool_choice: { type: "auto", disable_parallel_tool_use: true },
    cache_control: { type: "ephemeral" },
    thinking: { type: "adaptive" },
    output_config: { effort: "high" },
  });
});

it("leaves out what a basic server lacks, thinking for models without it, and empty parts", async () => {
  const server = await scripted({ text: "a" });
  const request = { ...plainRequest, effort: "high" as const, system: "", tools: [] };
  const plain = { model: "claude-sonnet-5-5", max_tokens: 1_000, stream: true, messages: request.messages };
  await clientOf(server.url, { profile: BASIC_PROFILE }).attempt(request, { headers: headersOf() });
  expect(server.bodies[0]).toEqual(plain);
  await clientOf(server.url).attempt({ ...request, model: "claude-haiku-4-5-20251001" }, { headers: headersOf() });
  expect(server.bodies[1]).toEqual({
    ...plain,
    model: "claude-haiku-4-5-20251001",
    cache_control: { type: "ephemeral" },
  });
});

it("takes the profile from the address when none is given", async () => {
  const server = await scripted({ text: "a" });
  await createModelClient({ baseUrl: server.url, apiKey: "k" }).attempt(plainRequest, { headers: headersOf() });
  expect(server.bodies[0]).not.toHaveProperty("cache_control");
});

it.each([
  [400, "invalid", "never"],
  [401, "auth", "never"],
  [402, "permission", "never"],
  [403, "permission", "never"],
  [404, "not_found", "never"],
  [408, "timeout", "transient"],
  [409, "unknown", "never"],
  [413, "too_large", "never"],
  [418, "unknown", "never"],
  [422, "invalid", "never"],
  [429, "rate_limit", "transient"],
  [500, "server", "transient"],
  [503, "server", "transient"],
  [504, "server", "transient"],
  [529, "overloaded", "transient"],
] as const)("calls status %i %s, retry %s, and charges nothing", async (status, failureClass, retry) => {
  expect(await faultOf({ type: "status", status })).toMatchObject({
    failure_class: failureClass,
    retry,
    status,
    bytesReceived: false,
    charged: false,
    requestId: expect.stringMatching(/^req_/),
  });
});

it("reads retry-after in seconds or as a date, and obeys x-should-retry: false", async () => {
  expect(await faultOf({ type: "status", status: 429, retryAfter: 1.5 })).toMatchObject({ retryAfterMs: 1_500 });
  expect(await faultOf({ type: "status", status: 429, shouldRetry: false })).toMatchObject({ retry: "never" });
  const clock = { nowMs: () => Date.parse("2026-01-01T00:00:00Z"), sleep: () => Promise.resolve() };
  const dated = (value: string) =>
    bare((_req, res) => {
      res.writeHead(429, { "retry-after": value });
      res.end();
    });
  expect(await failureOf(await dated("Thu, 01 Jan 2026 00:00:09 GMT"), { clock })).toMatchObject({
    retryAfterMs: 9_000,
  });
  expect(await failureOf(await dated("Wed, 31 Dec 2025 00:00:00 GMT"), { clock })).toMatchObject({ retryAfterMs: 0 });
  expect(await failureOf(await dated("soon"), { clock })).not.toHaveProperty("retryAfterMs");
});

it.each([
  ["overloaded_error", "overloaded", "transient"],
  ["api_error", "server", "transient"],
  ["rate_limit_error", "rate_limit", "transient"],
  ["invalid_request_error", "invalid", "never"],
  ["strange_error", "unknown", "never"],
] as const)("calls an %s in mid-stream %s, retry %s, and keeps it charged", async (error, failureClass, retry) => {
  expect(await faultOf({ type: "error_event", error, afterEvents: 3 })).toMatchObject({
    failure_class: failureClass,
    retry,
    bytesReceived: true,
    charged: true,
  });
});

it("calls a stream that breaks or ends early cut, transient and charged", async () => {
  const cut = { failure_class: "stream_cut", retry: "transient", bytesReceived: true, charged: true };
  for (const afterEvents of [0, 1, 4, 9])
    expect(await faultOf({ type: "cut", afterEvents }), `cut after ${afterEvents}`).toMatchObject(cut);
  for (const afterEvents of [1, 4, 9])
    expect(await faultOf({ type: "end", afterEvents }), `end after ${afterEvents}`).toMatchObject(cut);
});

it.each([
  ["json", "not JSON"],
  ["html", "no events"],
  ["order", "outside its block"],
  ["fields", "without an id"],
  ["usage", "is not a count"],
  ["tool_json", "not a JSON object"],
  ["types", "a delta is not an object"],
] as const)("calls garbage (%s) a protocol failure, never retried, kept charged", async (variant, words) => {
  const failure = await faultOf({ type: "garbage", variant });
  expect(failure).toMatchObject({ failure_class: "protocol", retry: "never", charged: true });
  expect(failure.message).toContain(words);
});

it("calls silence a time-out, before and within the stream", async () => {
  const timeout = { failure_class: "timeout", retry: "transient", charged: true };
  expect(await faultOf({ type: "hang" }, { responseTimeoutMs: 50 })).toMatchObject({
    ...timeout,
    bytesReceived: false,
  });
  expect(await faultOf({ type: "hang", afterEvents: 3 }, { idleTimeoutMs: 50 })).toMatchObject({
    ...timeout,
    bytesReceived: true,
  });
});

it("calls an unreachable server transport, uncharged, and a reset connection transport, charged", async () => {
  const url = await bare(() => undefined);
  await closers.pop()?.();
  const refused = await failureOf(url);
  expect(refused).toMatchObject({ failure_class: "transport", retry: "transient", charged: false });
  expect(refused.message).toContain("ECONNREFUSED");
  expect(isConfigurationFailure(refused)).toBe(true);
  const reset = await faultOf({ type: "reset" });
  expect(reset).toMatchObject({ failure_class: "transport", retry: "transient", charged: true, bytesReceived: false });
  expect(isConfigurationFailure(reset)).toBe(false);
});

it("tells a wrong set-up from other failures", async () => {
  for (const status of [401, 403, 404])
    expect(isConfigurationFailure(await faultOf({ type: "status", status }))).toBe(true);
  for (const status of [400, 429, 500])
    expect(isConfigurationFailure(await faultOf({ type: "status", status }))).toBe(false);
});

it("never shows the key in a failure", async () => {
  const server = await startScriptedServer({ respond: () => ({ text: "a" }), expectKey: "other" });
  closers.push(() => server.close());
  const failure = await failureOf(server.url, { apiKey: "sk-secret-123" });
  expect(failure.failure_class).toBe("auth");
  expect(JSON.stringify(failure)).not.toContain("sk-secret");
});

it("ends as aborted when the caller cancels: before, while waiting, in mid-stream", async () => {
  const aborted = { ok: false, error: { failure_class: "aborted", retry: "never" } };
  const server = await scripted({ text: "a", hold: "never" });
  const ask = (signal: AbortSignal, url = server.url) =>
    clientOf(url).attempt(plainRequest, { headers: headersOf(), signal });
  expect(await ask(AbortSignal.abort())).toMatchObject(aborted);
  const waiting = new AbortController();
  server.onHold("never", () => waiting.abort());
  expect(await ask(waiting.signal)).toMatchObject(aborted);
  const streaming = new AbortController();
  const half = await scripted({ text: "word ".repeat(200), faults: [{ type: "hang", afterEvents: 4 }] });
  const result = await clientOf(half.url).attempt(plainRequest, {
    headers: headersOf(),
    signal: streaming.signal,
    onText: () => streaming.abort(),
  });
  expect(result).toMatchObject({ ok: false, error: { failure_class: "aborted", bytesReceived: true } });
});

it("leaves no listener on a signal that outlives many requests", async () => {
  const server = await scripted({ text: "a" });
  const { signal } = new AbortController();
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners += 1;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners -= 1;
    remove(...args);
  };
  for (let n = 0; n < 3; n += 1) await clientOf(server.url).attempt(plainRequest, { headers: headersOf(), signal });
  expect(listeners).toBe(0);
});

it("lets a broken invariant of the caller's through, and calls other errors of its callbacks unknown", async () => {
  const server = await scripted({ text: "a" });
  const ask = (thrown: Error) =>
    clientOf(server.url).attempt(plainRequest, {
      headers: headersOf(),
      onText: () => {
        throw thrown;
      },
    });
  await expect(ask(new InvariantError("x"))).rejects.toThrow("invariant broken");
  expect(await ask(new Error("screen gone"))).toMatchObject({
    ok: false,
    error: { failure_class: "unknown", retry: "never", message: "screen gone" },
  });
});

it("takes a reply cut by max_tokens with its broken tool call, for the crew to leave alone", async () => {
  const server = await scripted({ tools: [{ name: "Write", inputJson: '{"file_pa' }], stopReason: "max_tokens" });
  const result = await clientOf(server.url).attempt(plainRequest, { headers: headersOf() });
  expect(result).toMatchObject({
    ok: true,
    value: { stop_reason: "max_tokens", content: [{ type: "tool_use", name: "Write", input: {} }] },
  });
});

it("takes an empty reply and a refusal as replies", async () => {
  const empty = await clientOf((await scripted({})).url).attempt(plainRequest, { headers: headersOf() });
  expect(empty).toMatchObject({ ok: true, value: { content: [], stop_reason: "end_turn" } });
  const refusal = await scripted({ stopReason: "refusal" });
  expect(await clientOf(refusal.url).attempt(plainRequest, { headers: headersOf() })).toMatchObject({
    ok: true,
    value: { stop_reason: "refusal" },
  });
});
