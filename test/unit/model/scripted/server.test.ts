import { afterEach, expect, it } from "vitest";
import { FULL_PROFILE } from "../../../../src/model/profile.js";
import { parseScript, type ScriptedReplyInput } from "../../../../src/model/scripted/script.js";
import {
  type ScriptedServer,
  type ScriptedServerOptions,
  startScriptedServer,
} from "../../../../src/model/scripted/server.js";
import { clientOf, headersOf, plainRequest } from "../asking.js";

const servers: ScriptedServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function start(options: ScriptedServerOptions): Promise<ScriptedServer> {
  const server = await startScriptedServer(options);
  servers.push(server);
  return server;
}

function scriptOf(yaml: string) {
  const script = parseScript(`apiVersion: worknode/v1\nkind: Script\n${yaml}`);
  if (!script.ok) throw new Error(script.error);
  return script.value;
}

const body = { model: "claude-opus-5-5", max_tokens: 10, messages: [{ role: "user", content: "hi" }] };
const key = { "x-api-key": "k", "anthropic-version": "2023-06-01", ...headersOf() };

function post(server: ScriptedServer, content: unknown, headers: Record<string, string> = key) {
  const text = typeof content === "string" ? content : JSON.stringify(content);
  return fetch(`${server.url}/v1/messages`, { method: "POST", headers, body: text });
}

const hi = (): ScriptedReplyInput => ({ text: "hi" });

it("answers errors in the real envelope, with a request id, and says that it is scripted", async () => {
  const server = await start({ respond: hi });
  const response = await post(server, { ...body, foo: 1 });
  const json = (await response.json()) as { request_id: string };
  expect(response.status).toBe(400);
  expect(json).toEqual({
    type: "error",
    error: { type: "invalid_request_error", message: "foo: Extra inputs are not permitted" },
    request_id: response.headers.get("request-id"),
  });
  expect(json.request_id).toMatch(/^req_/);
  expect(response.headers.get("server")).toBe("worknode-scripted-model");
});

it("answers 404 elsewhere and 405 to other methods", async () => {
  const server = await start({ respond: hi });
  expect((await fetch(`${server.url}/v1/models`)).status).toBe(404);
  expect((await fetch(`${server.url}/scripted/requests`)).status).toBe(404);
  expect((await fetch(`${server.url}/v1/messages?beta=true`)).status).toBe(405);
});

it("demands a key, the version and our four headers", async () => {
  const server = await start({ respond: hi });
  expect((await post(server, body, {})).status).toBe(401);
  expect((await post(server, body, { ...key, "x-api-key": "invalid" })).status).toBe(401);
  for (const name of Object.keys(key).filter((header) => header !== "x-api-key")) {
    const { [name]: _left, ...rest } = key as Record<string, string>;
    const response = await post(server, body, rest);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(`${name}: header is required`);
  }
  const badPlace = await post(server, body, { ...key, "x-worknode-execution": "nowhere" });
  expect(await badPlace.text()).toContain("expected <cycle>:<task>:<kind>:<n>:<index>");
});

it("accepts only the expected key, as key or as bearer", async () => {
  const server = await start({ respond: hi, expectKey: "right" });
  expect((await post(server, body)).status).toBe(401);
  expect((await post(server, body, { ...key, "x-api-key": "right" })).status).toBe(200);
  const { "x-api-key": _key, ...rest } = key;
  expect((await post(server, body, { ...rest, authorization: "Bearer right" })).status).toBe(200);
});

it("refuses a body that is no JSON object, and one above 32 MB", async () => {
  const server = await start({ respond: hi });
  expect((await post(server, "{")).status).toBe(400);
  expect((await post(server, "[]")).status).toBe(400);
  expect((await post(server, "x".repeat(32 * 1024 * 1024 + 1))).status).toBe(413);
});

it("knows only the models of the script, when it names any", async () => {
  const server = await start({ respond: hi, script: scriptOf("models: [claude-opus-5-5]") });
  expect((await post(server, body)).status).toBe(200);
  expect((await post(server, { ...body, model: "claude-none" })).status).toBe(404);
});

it("sends one JSON document when no stream is asked for", async () => {
  const server = await start({ respond: () => ({ text: "hi", tools: [{ name: "Read", input: { file_path: "a" } }] }) });
  expect(await (await post(server, body)).json()).toMatchObject({
    type: "message",
    role: "assistant",
    model: "claude-opus-5-5",
    stop_reason: "tool_use",
    content: [
      { type: "text", text: "hi" },
      { type: "tool_use", name: "Read", input: { file_path: "a" } },
    ],
  });
});

it("says which reply is missing", async () => {
  const server = await start({ script: scriptOf(`replies: {"T-1:work:1": [{text: a}]}`) });
  const again = { ...body, messages: [...body.messages, { role: "assistant", content: "a" }, ...body.messages] };
  expect((await post(server, body)).status).toBe(200);
  expect(await (await post(server, again)).text()).toContain("no scripted reply for T-1:work:1 index 1");
  const elsewhere = await post(server, body, { ...key, "x-worknode-execution": "1:T-2:work:1:1" });
  expect(await elsewhere.text()).toContain("no scripted reply for T-2:work:1 index 0");
});

it("falls back to the conversation kind, repeating the last reply, and lets a function answer first", async () => {
  const script = scriptOf(`defaults: {critic: [{text: one}, {text: two}]}`);
  const server = await start({ script, respond: ({ index }) => (index === 3 ? { text: "mine" } : undefined) });
  const texts: string[] = [];
  const messages: unknown[] = [];
  for (let index = 0; index < 4; index += 1) {
    messages.push({ role: "user", content: "q" });
    const response = await post(server, { ...body, messages }, { ...key, "x-worknode-execution": "1:T-1:critic:1:1" });
    const reply = (await response.json()) as { content: { text: string }[] };
    texts.push(reply.content[0]?.text ?? "");
    messages.push({ role: "assistant", content: "a" });
  }
  expect(texts).toEqual(["one", "two", "two", "mine"]);
});

it("plays each fault once, in order, before the reply", async () => {
  const faults: ScriptedReplyInput["faults"] = [
    { type: "status", status: 529 },
    { type: "status", status: 429, retryAfter: 7, shouldRetry: false, message: "slow down" },
    { type: "status", status: 503 },
    { type: "status", status: 418 },
  ];
  const server = await start({ respond: () => ({ text: "at last", faults }) });
  const seen: unknown[] = [];
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const response = await post(server, body);
    const json = (await response.json()) as { error?: { type: string; message: string } };
    seen.push([response.status, json.error?.type, response.headers.get("retry-after")]);
  }
  expect(seen).toEqual([
    [529, "overloaded_error", null],
    [429, "rate_limit_error", "7"],
    [503, "api_error", null],
    [418, "invalid_request_error", null],
    [200, undefined, null],
  ]);
  expect(server.requests().map((entry) => [entry.attempt, entry.completed, entry.fault])).toEqual([
    [1, false, "status"],
    [2, false, "status"],
    [3, false, "status"],
    [4, false, "status"],
    [5, true, undefined],
  ]);
});

it("shows a whole reply that was asked for again, and only that", async () => {
  const server = await start({
    respond: () => ({ text: "hi", faults: [{ type: "status", status: 500 }] }),
    nowMs: () => 7,
  });
  await (await post(server, body)).text();
  await (await post(server, body)).text();
  expect(server.repeatedWholeReplies()).toEqual([]);
  await (await post(server, body)).text();
  expect(server.repeatedWholeReplies()).toEqual([{ conversation: "1:T-1:work:1", index: 0, again: 1 }]);
  expect(server.requests()[2]).toMatchObject({ key: "T-1:work:1", attempt: 3, at: 7, headers: headersOf() });
});

it("counts an empty reply once it was given whole: it leaves no message in the next request to count it by", async () => {
  const server = await start({
    respond: ({ index }) =>
      index < 2 ? { faults: index === 0 ? [{ type: "status", status: 500 }] : [] } : { text: `reply ${index}` },
  });
  const ask = async () => ((await (await post(server, body)).json()) as { content?: unknown[] }).content;
  expect(await ask()).toBeUndefined();
  expect([await ask(), await ask(), await ask()]).toEqual([[], [], [{ type: "text", text: "reply 2" }]]);
  expect(server.requests().map(({ index, status }) => [index, status])).toEqual([
    [0, 500],
    [0, 200],
    [1, 200],
    [2, 200],
  ]);
  expect(server.repeatedWholeReplies()).toEqual([]);
  await ask();
  expect(server.repeatedWholeReplies()).toEqual([{ conversation: "1:T-1:work:1", index: 2, again: 1 }]);
});

it("withholds a held reply until it is released", async () => {
  const server = await start({ respond: () => ({ text: "hi", hold: "mid" }) });
  const reached = new Promise<void>((resolve) => server.onHold("mid", resolve));
  const answer = post(server, body);
  await reached;
  let called = false;
  server.onHold("mid", () => (called = true));
  expect(called).toBe(true);
  expect(server.requests()[0]?.status).toBe(0);
  server.release("mid");
  expect((await answer).status).toBe(200);
  expect((await post(server, body)).status).toBe(200);
});

it("drops a held reply whose client has gone", async () => {
  const server = await start({ respond: () => ({ text: "hi", hold: "mid" }) });
  const reached = new Promise<void>((resolve) => server.onHold("mid", resolve));
  const client = new AbortController();
  const answer = fetch(`${server.url}/v1/messages`, {
    method: "POST",
    headers: key,
    body: JSON.stringify(body),
    signal: client.signal,
  });
  await reached;
  client.abort();
  await expect(answer).rejects.toThrow();
  await post(server, { ...body, foo: 1 });
  server.release("mid");
  await post(server, { ...body, foo: 1 });
  expect(server.requests()[0]).toMatchObject({ completed: false });
});

it("is controlled over HTTP when told so", async () => {
  const server = await start({ respond: () => ({ text: "hi", hold: "a b" }), control: true });
  const reached = new Promise<void>((resolve) => server.onHold("a b", resolve));
  const answer = post(server, body);
  await reached;
  const state = (await (await fetch(`${server.url}/scripted/requests`)).json()) as { waiting: string[] };
  expect(state.waiting).toEqual(["a b"]);
  await fetch(`${server.url}/scripted/release/a%20b`, { method: "POST" });
  expect((await answer).status).toBe(200);
});

it("serves other clients in one place when their headers are not demanded", async () => {
  const places: unknown[] = [];
  const server = await start({
    requireHeaders: false,
    eventByEvent: false,
    respond: ({ key: place, index }) => {
      places.push([place, index]);
      return { text: "hi" };
    },
  });
  const plain = { "x-api-key": "k", "anthropic-version": "2023-06-01" };
  const streamed = await post(server, { ...body, stream: true }, plain);
  expect(await streamed.text()).toContain("event: message_stop\n");
  const second = [...body.messages, { role: "assistant", content: "hi" }, ...body.messages];
  await post(server, { ...body, messages: second }, plain);
  await post(server, body, { ...plain, "x-worknode-execution": "1:%zz:work:1:1" });
  expect(places).toEqual([
    ["-:tool:1", 0],
    ["-:tool:1", 1],
    ["%zz:work:1", 0],
  ]);
});

it("answers 500 and says why when the function in place of a script throws", async () => {
  const lines: string[] = [];
  const server = await start({
    onLog: (line) => lines.push(line),
    respond: () => {
      throw new Error("no idea");
    },
  });
  const response = await post(server, body);
  expect(response.status).toBe(500);
  expect(await response.text()).toContain("no idea");
  expect(lines[0]).toContain("scripted model (no real model answers here)");
  expect(lines.at(-1)).toContain("no idea");
});

it("rejects when its port is taken", async () => {
  const server = await start({ respond: hi });
  await expect(startScriptedServer({ respond: hi, port: Number(new URL(server.url).port) })).rejects.toThrow(
    "EADDRINUSE",
  );
});

it("gives the same ids and figures for the same place after a restart", async () => {
  const reply = (): ScriptedReplyInput => ({ thinking: "hm", text: "hi", tools: [{ name: "Read", input: {} }] });
  const one = await (await post(await start({ respond: reply }), body)).json();
  const two = await (await post(await start({ respond: reply }), body)).json();
  expect(one).toEqual(two);
});

it("counts cached tokens apart once a prompt is long enough, when caching is asked for", async () => {
  const server = await start({ respond: () => ({ text: "yes", delayMs: 1 }) });
  const long = { type: "text" as const, text: "word ".repeat(1_000) };
  const first = { ...plainRequest, messages: [{ role: "user" as const, content: [long] }] };
  const usage = async (request: typeof first, profile = FULL_PROFILE) => {
    const reply = await clientOf(server.url, { profile }).attempt(request, { headers: headersOf() });
    return reply.ok ? reply.value.usage : undefined;
  };
  const one = await usage(first);
  expect(one).toMatchObject({ input_tokens: 0, cache_read_input_tokens: 0 });
  const grown = [...first.messages, { role: "assistant" as const, content: [{ type: "text" as const, text: "yes" }] }];
  const second = {
    ...first,
    messages: [...grown, { role: "user" as const, content: [{ type: "text" as const, text: "go" }] }],
  };
  const two = await usage(second as typeof first);
  expect(two?.cache_read_input_tokens).toBe(one?.cache_creation_input_tokens);
  expect(two?.cache_creation_input_tokens).toBeGreaterThan(0);
  const without = await usage(first, { caching: false, thinking: false, effort: false });
  expect(without).toMatchObject({ input_tokens: one?.cache_creation_input_tokens, cache_creation_input_tokens: 0 });
  expect(await usage(plainRequest as typeof first)).toMatchObject({ cache_creation_input_tokens: 0 });
});

it("names every fault of a script with its place", () => {
  expect(parseScript("a: [")).toMatchObject({ ok: false, error: expect.stringContaining("script is not YAML") });
  expect(parseScript("7")).toMatchObject({ ok: false, error: expect.stringContaining("script:") });
  const faulty = parseScript(
    JSON.stringify({
      apiVersion: "worknode/v1",
      kind: "Script",
      replies: { "T-1:work": [{ text: "a" }], "T-1:work:1": [{ texts: "a", faults: [{ type: "boom" }] }] },
      defaults: { chat: [{ text: "a" }] },
    }),
  );
  const error = faulty.ok ? "" : faulty.error;
  expect(error).toContain("keys are <task>:<conversation kind>:<n>");
  expect(error).toContain("replies.T-1:work:1.0.faults.0.type");
  expect(error).toContain('Unrecognized key: "texts"');
  expect(error).toContain("defaults");
});
