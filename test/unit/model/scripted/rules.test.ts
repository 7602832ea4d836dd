import { expect, it } from "vitest";
import { requestFault } from "../../../../src/model/scripted/request-rules.js";
import { signThinking, toolUseId } from "../../../../src/model/scripted/thinking-proof.js";

const user = { role: "user", content: [{ type: "text", text: "hello" }] };
const tool = { name: "Read", description: "d", input_schema: { type: "object" } };
const good = { model: "claude-opus-5-5", max_tokens: 100, messages: [user] };
const call = (id: string, input: unknown = {}) => ({ type: "tool_use", id, name: "Read", input });
const result = (id: string, more: object = {}) => ({ type: "tool_result", tool_use_id: id, content: "r", ...more });
const assistant = (...content: unknown[]) => ({ role: "assistant", content });
const says = (...content: unknown[]) => ({ role: "user", content });
const talk = (...messages: unknown[]) => ({ ...good, messages });
const thought = { type: "thinking", thinking: "hm", signature: signThinking("hm") };
const marked = toolUseId("here", "hm");

it("accepts what worknode sends: tools, thinking, effort, caching and a tool loop", () => {
  const body = {
    ...good,
    stream: true,
    system: "s",
    tools: [tool],
    tool_choice: { type: "auto", disable_parallel_tool_use: true },
    thinking: { type: "adaptive" },
    output_config: { effort: "high" },
    cache_control: { type: "ephemeral" },
    messages: [
      user,
      assistant(thought, { type: "text", text: "ok" }, call(marked), call("b")),
      says(result(marked), result("b"), { type: "text", text: "go on" }),
    ],
  };
  expect(requestFault(body)).toBeUndefined();
});

it.each<[string, object, string]>([
  ["no model", { max_tokens: 1, messages: [user] }, "model: Field required"],
  ["no max_tokens", { model: "m", messages: [user] }, "max_tokens: Field required"],
  ["no messages", { model: "m", max_tokens: 1 }, "messages: Field required"],
  ["a model that is no text", { ...good, model: 7 }, "model: Input should be a valid string"],
  ["a max_tokens that is no integer", { ...good, max_tokens: 1.5 }, "max_tokens: Input should be a valid integer"],
  ["a max_tokens of zero", { ...good, max_tokens: 0 }, "max_tokens: Input should be greater than or equal to 1"],
  ["a stream that is no boolean", { ...good, stream: "yes" }, "stream: Input should be a valid boolean"],
  ["an unknown field", { ...good, foo: 1 }, "foo: Extra inputs are not permitted"],
  [
    "disable_parallel_tool_use outside tool_choice",
    { ...good, disable_parallel_tool_use: true },
    "disable_parallel_tool_use: Extra inputs are not permitted",
  ],
  ["temperature", { ...good, temperature: 0 }, "`temperature` is not supported"],
  ["top_p", { ...good, top_p: 1 }, "`top_p` is not supported"],
  ["top_k", { ...good, top_k: 1 }, "`top_k` is not supported"],
  ["thinking of type enabled", { ...good, thinking: { type: "enabled" } }, '"thinking.type.enabled"'],
  ["budget_tokens", { ...good, thinking: { type: "adaptive", budget_tokens: 9 } }, '"thinking.type.enabled"'],
  ["an unknown thinking type", { ...good, thinking: { type: "hard" } }, "thinking.type"],
  ["thinking that is no object", { ...good, thinking: true }, "thinking: Input should be an object"],
  ["an unknown thinking field", { ...good, thinking: { type: "adaptive", x: 1 } }, "thinking.x: Extra inputs"],
  ["an output_config that is no object", { ...good, output_config: "high" }, "output_config: Input should be"],
  ["an unknown effort", { ...good, output_config: { effort: "huge" } }, "output_config.effort"],
  ["an unknown output_config field", { ...good, output_config: { x: 1 } }, "output_config.x: Extra inputs"],
  [
    "a forced tool while thinking",
    { ...good, tools: [tool], tool_choice: { type: "any" }, thinking: { type: "adaptive" } },
    "Thinking may not be enabled when tool_choice forces tool use.",
  ],
  ["a system of another type", { ...good, system: 7 }, "system: Input should be a valid string"],
  ["a system block of another type", { ...good, system: [{ type: "image" }] }, "system: Input should be a text block"],
  ["an empty system block", { ...good, system: [{ type: "text", text: "" }] }, "text content blocks must be non-empty"],
  ["an unknown cache type", { ...good, cache_control: { type: "forever" } }, "cache_control.type"],
  ["an unknown cache field", { ...good, cache_control: { type: "ephemeral", x: 1 } }, "cache_control.x: Extra inputs"],
  ["tools that are no list", { ...good, tools: {} }, "tools: Input should be a valid list"],
  ["a tool that is no object", { ...good, tools: [1] }, "tools.0: Input should be an object"],
  [
    "a tool without a name",
    { ...good, tools: [{ input_schema: { type: "object" } }] },
    "tools.0.custom.name: Field req",
  ],
  ["a tool name with a dot", { ...good, tools: [{ ...tool, name: "a.b" }] }, "String should match pattern"],
  ["a tool name of 129 characters", { ...good, tools: [{ ...tool, name: "a".repeat(129) }] }, "should match pattern"],
  ["two tools of one name", { ...good, tools: [tool, tool] }, "tools: Tool names must be unique."],
  ["a tool without a schema", { ...good, tools: [{ name: "a" }] }, "tools.0.custom.input_schema: Field required"],
  ["a schema of an array", { ...good, tools: [{ ...tool, input_schema: { type: "array" } }] }, "input_schema.type"],
  ["an unknown tool field", { ...good, tools: [{ ...tool, tier: 1 }] }, "tools.0.custom.tier: Extra inputs"],
  ["an unknown tool_choice", { ...good, tools: [tool], tool_choice: { type: "some" } }, "tool_choice.type"],
  [
    "a tool_choice without tools",
    { ...good, tool_choice: { type: "auto" } },
    "only be specified while providing tools",
  ],
  [
    "an unknown tool_choice field",
    { ...good, tools: [tool], tool_choice: { type: "auto", x: 1 } },
    "tool_choice.x: Ex",
  ],
  [
    "a forced tool that is not there",
    { ...good, tools: [tool], tool_choice: { type: "tool", name: "Write" } },
    "Tool 'Write' not found",
  ],
  ["messages that are no list", { ...good, messages: "hi" }, "messages: Input should be a valid list"],
  ["no message", talk(), "messages: at least one message is required"],
  ["a message that is no object", talk("hi"), "messages.0: Input should be an object"],
  ["an unknown role", talk({ role: "tool", content: "x" }), "messages.0.role"],
  ["an unknown message field", talk({ ...user, name: "x" }), "messages.0.name: Extra inputs"],
  ["a message without content", talk({ role: "user" }), "messages.0.content: Field required"],
  ["content of another type", talk({ role: "user", content: 7 }), "messages.0.content: Input should be"],
  ["an empty string as content", talk({ role: "user", content: "" }), "must have non-empty content"],
  ["blank text as content", talk({ role: "user", content: " \n" }), "must contain non-whitespace text"],
  ["an empty list as content", talk(user, assistant(), user), "messages.1: messages must have non-empty content"],
  ["a block that is no object", talk(says("x")), "messages.0.content.0: Input should be an object"],
  ["an unknown block", talk(says({ type: "sound" })), "Input tag 'sound'"],
  ["a text block without text", talk(says({ type: "text" })), "text.text: Field required"],
  ["an empty text block", talk(says({ type: "text", text: "" })), "text content blocks must be non-empty"],
  ["a blank text block", talk(says({ type: "text", text: " \n " })), "must contain non-whitespace text"],
  ["an unknown block field", talk(says({ type: "text", text: "a", n: 1 })), "text.n: Extra inputs"],
  ["a tool call of the user", talk(says(call("a"))), "`tool_use` blocks cannot be in `user` messages"],
  ["a tool result of the assistant", talk(user, assistant(result("a"))), "cannot be in `assistant` messages"],
  ["a tool call with an odd id", talk(user, assistant(call("a b")), says(result("a b"))), "tool_use.id: String should"],
  ["a tool call without a name", talk(user, assistant({ ...call("a"), name: "" })), "tool_use.name: Field required"],
  ["a tool call with text as input", talk(user, assistant(call("a", "x"))), "Input should be a valid dictionary"],
  ["a result without an id", talk(says({ type: "tool_result" })), "tool_use_id: Field required"],
  [
    "an error result without content",
    talk(says(result("a", { content: "", is_error: true }))),
    "content cannot be empty",
  ],
  ["a result of another type", talk(says(result("a", { content: 7 }))), "tool_result.content: Input should be"],
  ["a result with an empty text", talk(says(result("a", { content: [{ type: "text", text: "" }] }))), "non-empty"],
  ["a result with a bare string in it", talk(says(result("a", { content: ["x"] }))), "tool_result.content.0: Input"],
  ["an assistant first", talk(assistant({ type: "text", text: "a" }), user), 'first message must use the "user" role'],
  ["a call without a result", talk(user, assistant(call("a")), user), "`tool_use` ids were found without"],
  ["a call at the very end", talk(user, assistant(call("a"))), "`tool_use` ids were found without"],
  [
    "one of two calls without a result",
    talk(user, assistant(call("a"), call("b")), says(result("a"))),
    "immediately after: b.",
  ],
  [
    "a result without a call",
    talk(user, assistant({ type: "text", text: "a" }), says(result("x"))),
    "unexpected `tool_use_id`",
  ],
  [
    "two results of one call",
    talk(user, assistant(call("a")), says(result("a"), result("a"))),
    "must have a single result",
  ],
  [
    "a result in a later message",
    talk(
      user,
      assistant(call("a")),
      says({ type: "text", text: "wait" }),
      assistant({ type: "text", text: "ok" }),
      says(result("a")),
    ),
    "`tool_use` ids were found without",
  ],
  [
    "text before a result",
    talk(user, assistant(call("a")), says({ type: "text", text: "see" }, result("a"))),
    "must come before any other content",
  ],
  [
    "one id for two calls",
    talk(user, assistant(call("a")), says(result("a")), assistant(call("a")), says(result("a"))),
    "`tool_use` ids must be unique",
  ],
  ["a prefill", talk(user, assistant({ type: "text", text: "Sure" })), "does not support assistant message prefill"],
  ["a prefill ending in white space", talk(user, assistant({ type: "text", text: "Sure " })), "trailing whitespace"],
  [
    "thinking without a signature",
    talk(user, assistant({ type: "thinking", thinking: "a" }), user),
    "signature: Field req",
  ],
  [
    "thinking without text",
    talk(user, assistant({ type: "thinking", signature: "a" }), user),
    "thinking: Field required",
  ],
  ["thinking that was changed", talk(user, assistant({ ...thought, thinking: "x" }), user), "Invalid `signature`"],
  [
    "redacted thinking without data",
    talk(user, assistant({ type: "redacted_thinking" }), user),
    "data: Field required",
  ],
  ["thinking left out of a tool loop", talk(user, assistant(call(marked)), says(result(marked))), "cannot be modified"],
])("refuses %s", (_name, body, message) => {
  expect(requestFault(body as Record<string, unknown>)).toContain(message);
});

it("refuses a fifth cache breakpoint and one on an empty block", () => {
  const cached = (text: string) => ({ type: "text", text, cache_control: { type: "ephemeral" } });
  const five = [1, 2, 3, 4, 5].map((n) => cached(`${n}`));
  expect(requestFault(talk(says(...five)))).toContain(
    "A maximum of 4 blocks with cache_control may be provided. Found 5.",
  );
  expect(requestFault(talk(says(...five.slice(1))))).toBeUndefined();
  expect(requestFault(talk(says(cached(""))))).toContain("cache_control cannot be set for empty text blocks");
  expect(requestFault(talk(says({ ...cached("a"), cache_control: { type: "x" } })))).toContain("cache_control.type");
});

it("accepts results as lists, empty successes, other media, redacted thinking and a named tool", () => {
  const body = {
    ...talk(
      { role: "user", content: "text" },
      assistant({ type: "redacted_thinking", data: "x" }, call("a"), call("b")),
      says(result("a", { content: [{ type: "text", text: "r" }, { type: "image" }] }), result("b", { content: "" })),
      assistant({ type: "text", text: "fine" }),
      says({ type: "image", source: {} }, { type: "document", source: {} }),
      { role: "system", content: "note" },
    ),
    system: [{ type: "text", text: "s" }],
    tools: [tool],
    tool_choice: { type: "tool", name: "Read" },
    thinking: { type: "disabled" },
  };
  expect(requestFault(body)).toBeUndefined();
});
