import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { createModelClient } from "../../../src/model/client.js";
import { requestHeaders } from "../../../src/model/request.js";

const server = setupServer();
beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

const EVENTS = [
  [
    "message_start",
    {
      message: {
        id: "msg_1",
        type: "message",
        role: "assistant",
        model: "claude-haiku-5-5",
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 7, output_tokens: 1, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 },
      },
    },
  ],
  ["content_block_start", { index: 0, content_block: { type: "text", text: "" } }],
  ["content_block_delta", { index: 0, delta: { type: "text_delta", text: "hello" } }],
  ["content_block_stop", { index: 0 }],
  ["message_delta", { delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: 3 } }],
  ["message_stop", {}],
] as const;

it("asks the hosted API at its address, with the key in its header and the four of ours, and reads its stream", async () => {
  const seen: Record<string, string | null>[] = [];
  server.use(
    http.post("https://api.anthropic.com/v1/messages", ({ request }) => {
      const names = ["authorization", "x-worknode-agent", "x-worknode-tier", "x-worknode-task", "x-worknode-execution"];
      seen.push(Object.fromEntries(names.map((name) => [name, request.headers.get(name)])));
      const body = EVENTS.map(([type, data]) => `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`).join(
        "",
      );
      return new HttpResponse(body, { headers: { "content-type": "text/event-stream" } });
    }),
  );
  const client = createModelClient({ apiKey: "test-key" });
  const reply = await client.attempt(
    {
      model: "claude-haiku-5-5",
      system: "s",
      tools: [],
      messages: [{ role: "user", content: [{ type: "text", text: "hi" }] }],
      maxTokens: 100,
    },
    {
      headers: requestHeaders({ agent: "validator", tier: "validation", task: null, execution: "1:-:plan-review:1:1" }),
    },
  );
  expect(reply).toMatchObject({
    ok: true,
    value: { content: [{ type: "text", text: "hello" }], usage: { input_tokens: 7, output_tokens: 3 } },
  });
  expect(seen).toEqual([
    {
      authorization: "Bearer test-key",
      "x-worknode-agent": "validator",
      "x-worknode-tier": "validation",
      "x-worknode-task": "-",
      "x-worknode-execution": "1:-:plan-review:1:1",
    },
  ]);
});
