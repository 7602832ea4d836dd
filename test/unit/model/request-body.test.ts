import { expect, it } from "vitest";
import { BASIC_PROFILE, FULL_PROFILE } from "../../../src/model/profile.js";
import type { ModelRequest } from "../../../src/model/request.js";
import { requestBody } from "../../../src/model/request-body.js";
import type { Message } from "../../../src/schema/message.js";

const user = (text: string): Message => ({ role: "user", content: [{ type: "text", text }] });
const tools = [{ name: "Read", description: 'Reads "a" file', input_schema: { type: "object", properties: {} } }];
const asked: ModelRequest = { model: "claude-sonnet-5-5", system: "s", tools, messages: [user("one")], maxTokens: 9 };

it("is the JSON of the API's parameters, with what the server can do", () => {
  expect(JSON.parse(requestBody({ ...asked, effort: "low" }, FULL_PROFILE))).toEqual({
    model: "claude-sonnet-5-5",
    max_tokens: 9,
    stream: true,
    system: "s",
    tool_choice: { type: "auto", disable_parallel_tool_use: true },
    cache_control: { type: "ephemeral" },
    thinking: { type: "adaptive" },
    output_config: { effort: "low" },
    tools,
    messages: [user("one")],
  });
  expect(JSON.parse(requestBody({ ...asked, system: "", tools: [] }, BASIC_PROFILE))).toEqual({
    model: "claude-sonnet-5-5",
    max_tokens: 9,
    stream: true,
    messages: [user("one")],
  });
});

it("follows a conversation that grows, and whose last message is replaced by a longer one", () => {
  const messages = [user("one")];
  const sent = () => (JSON.parse(requestBody({ ...asked, messages }, FULL_PROFILE)) as { messages: unknown }).messages;
  expect(sent()).toEqual([user("one")]);
  messages.push({
    role: "assistant",
    content: [{ type: "tool_use", id: "t", name: "Read", input: { file_path: "ä\n" } }],
  });
  messages.push(user("two"));
  expect(sent()).toEqual(messages);
  messages[2] = {
    role: "user",
    content: [
      { type: "text", text: "two" },
      { type: "text", text: 'and "three"' },
    ],
  };
  expect(sent()).toEqual(messages);
});
