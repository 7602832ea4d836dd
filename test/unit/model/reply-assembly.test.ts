import { expect, it } from "vitest";
import { assembleReply } from "../../../src/model/reply-assembly.js";

const usage = { input_tokens: 3, output_tokens: 1 };
const start = { type: "message_start", message: { id: "m", model: "x", role: "assistant", usage } };
const open = (block: object, index = 0) => ({ type: "content_block_start", index, content_block: block });
const delta = (value: object, index = 0) => ({ type: "content_block_delta", index, delta: value });
const close = (index = 0) => ({ type: "content_block_stop", index });
const end = { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 9 } };
const stop = { type: "message_stop" };
const text = { type: "text", text: "" };
const call = { type: "tool_use", id: "t", name: "Read", input: {} };

function assemble(...events: unknown[]) {
  const assembly = assembleReply();
  for (const event of events) {
    const fault = assembly.take(event);
    if (fault !== undefined) return fault;
  }
  return assembly.finish();
}

it("replaces usage figures by later ones, since they are cumulative", () => {
  const late = {
    ...end,
    usage: { input_tokens: 5, output_tokens: 9, cache_read_input_tokens: 2, cache_creation_input_tokens: null },
  };
  expect(assemble(start, late, stop)).toMatchObject({
    value: {
      usage: { input_tokens: 5, output_tokens: 9, cache_read_input_tokens: 2, cache_creation_input_tokens: 0 },
    },
  });
});

it("takes blocks of unknown types as they are, and skips unknown events and deltas", () => {
  const later = { type: "hologram", data: "x" };
  expect(
    assemble(start, { type: "weather" }, open(later), delta({ type: "light_delta", lux: 3 }), close(), end, stop),
  ).toMatchObject({ ok: true, value: { content: [later] } });
});

it("keeps text, thinking and input that came with a block's start", () => {
  const events = [
    start,
    open({ type: "thinking", thinking: "a", signature: "s" }),
    delta({ type: "thinking_delta", thinking: "b" }),
    close(),
    open({ type: "text", text: "c" }, 1),
    delta({ type: "text_delta", text: "d" }, 1),
    close(1),
    open({ ...call, input: { a: 1 } }, 2),
    close(2),
    open({ type: "text" }, 3),
    close(3),
    open({ type: "tool_use", id: "u", name: "Read" }, 4),
    close(4),
    end,
    stop,
  ];
  expect(assemble(...events)).toMatchObject({
    value: {
      content: [
        { type: "thinking", thinking: "ab", signature: "s" },
        { type: "text", text: "cd" },
        { type: "tool_use", input: { a: 1 } },
        { type: "text", text: "" },
        { type: "tool_use", input: {} },
      ],
    },
  });
});

it("has no reply before message_stop", () => {
  expect(assemble(start, open(text), close(), end)).toBeUndefined();
});

it.each<[string, unknown[], string]>([
  ["an event that is no object", ["x"], "not an object with a type"],
  ["an event without a type", [{}], "not an object with a type"],
  ["anything before message_start", [open(text)], "before message_start"],
  ["a second message_start", [start, start], "a second message_start"],
  ["message_start without a message", [{ type: "message_start" }], "without a message"],
  ["message_start without an id", [{ type: "message_start", message: { model: "x" } }], "without an id"],
  ["message_start without a model", [{ type: "message_start", message: { id: "x" } }], "without a model"],
  ["usage that is no object", [{ type: "message_start", message: { id: "x", model: "y", usage: 3 } }], "usage is not"],
  ["a negative figure", [start, { ...end, usage: { output_tokens: -1 } }], "usage.output_tokens is not a count"],
  ["a block out of order", [start, open(text, 1)], "block 1 is out of order"],
  ["a block inside another", [start, open(text), open(text, 1)], "starts inside another"],
  ["a start without a block", [start, { type: "content_block_start", index: 0 }], "without a block"],
  ["a tool call without an id", [start, open({ ...call, id: "" })], "without an id"],
  ["a tool call without a name", [start, open({ ...call, name: 7 })], "without a name"],
  ["two tool calls of one id", [start, open(call), close(), open(call, 1)], "two tool calls with the id t"],
  ["a delta outside a block", [start, delta({ type: "text_delta", text: "a" })], "outside its block"],
  ["a delta of another block", [start, open(text), delta({ type: "text_delta", text: "a" }, 1)], "outside its block"],
  ["a delta without its member", [start, open(text), delta({ type: "text_delta" })], "a text_delta without text"],
  ["a stop of a block that is not open", [start, close()], "stops that is not open"],
  ["message_delta inside a block", [start, open(text), end], "inside a block"],
  ["message_delta without a delta", [start, { type: "message_delta" }], "without a delta"],
  ["message_stop without a stop reason", [start, stop], "before the message was complete"],
  ["message_stop inside a block", [start, open(text), stop], "before the message was complete"],
  ["anything after message_stop", [start, end, stop, end], "after message_stop"],
])("refuses %s", (_name, events, words) => {
  expect(assemble(...events)).toContain(words);
});

it("refuses a whole reply without usage, or with a tool call whose input is no object", () => {
  const { usage: _none, ...message } = start.message;
  const silent = { type: "message_delta", delta: { stop_reason: "end_turn" } };
  expect(assemble({ type: "message_start", message }, silent, stop)).toMatchObject({
    error: "the reply says nothing of its usage",
  });
  const list = delta({ type: "input_json_delta", partial_json: "[1]" });
  expect(assemble(start, open(call), list, close(), end, stop)).toMatchObject({
    error: "the input of tool call t is not a JSON object",
  });
});

it("refuses a reply without an end", () => {
  const assembly = assembleReply();
  assembly.take(start);
  assembly.take(open(text));
  const megabyte = delta({ type: "text_delta", text: "x".repeat(1024 * 1024) });
  let fault: string | undefined;
  for (let n = 0; n < 40 && fault === undefined; n += 1) fault = assembly.take(megabyte);
  expect(fault).toContain("the reply is longer than");
});
