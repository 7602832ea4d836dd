import { expect, it } from "vitest";
import { boundPromptTokens } from "../../../src/model/prompt-bound.js";
import type { Message } from "../../../src/schema/message.js";

const user = (text: string): Message => ({ role: "user", content: [{ type: "text", text }] });
const usage = { input_tokens: 10, output_tokens: 20, cache_read_input_tokens: 300, cache_creation_input_tokens: 4_000 };

it("counts a token for each UTF-8 byte of a first prompt, its tools and its system text", () => {
  const empty = boundPromptTokens({ messages: [user("")] });
  expect(boundPromptTokens({ messages: [user("abc")] }) - empty).toBe(3);
  expect(boundPromptTokens({ messages: [user("日本語")] }) - empty).toBe(9);
  expect(boundPromptTokens({ messages: [user("")], system: "12345" }) - empty).toBe(5);
  const tools = [{ name: "Read", description: "d", input_schema: { type: "object" } }];
  expect(boundPromptTokens({ messages: [user("")], tools }) - empty).toBe(JSON.stringify(tools).length - 2);
});

it("starts from the last reply's figures and counts only what came since", () => {
  const base = boundPromptTokens({ lastUsage: usage, messages: [], system: "x".repeat(9_999) });
  expect(base).toBe(4_330);
  const results: Message = {
    role: "user",
    content: [{ type: "tool_result", tool_use_id: "t", content: "x".repeat(1_000), is_error: false }],
  };
  const grown = boundPromptTokens({ lastUsage: usage, messages: [results] });
  expect(grown - base).toBeGreaterThanOrEqual(1_000);
  expect(grown - base).toBeLessThan(1_100);
});

it("counts tool calls and thinking of a conversation that is told again from its start", () => {
  const reply: Message = {
    role: "assistant",
    content: [
      { type: "thinking", thinking: "x".repeat(500), signature: "s" },
      { type: "tool_use", id: "t", name: "Write", input: { content: "y".repeat(500) } },
    ],
  };
  expect(boundPromptTokens({ messages: [reply] })).toBeGreaterThan(2_000);
});
