import Anthropic from "@anthropic-ai/sdk";
import { expect, it } from "vitest";
import { startScriptedServer } from "../../../src/model/scripted/server.js";

it("the bare SDK reads a scripted reply", async () => {
  const server = await startScriptedServer({
    respond: () => ({ thinking: "hm", text: "hi", tools: [{ name: "Read", input: { file_path: "a" } }] }),
  });
  const sdk = new Anthropic({ apiKey: "k", baseURL: server.url });
  const m = await sdk.messages
    .stream(
      { model: "claude-opus-5-5", max_tokens: 100, messages: [{ role: "user", content: "x" }] },
      {
        headers: {
          "x-worknode-agent": "a",
          "x-worknode-tier": "validation",
          "x-worknode-task": "-",
          "x-worknode-execution": "1:-:critic:1:1",
        },
      },
    )
    .finalMessage();
  expect(m.content.map((b) => b.type)).toEqual(["thinking", "text", "tool_use"]);
  expect(server.requests()[0]?.completed).toBe(true);
  await server.close();
});
