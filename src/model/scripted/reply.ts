import type { Usage } from "../../schema/message.js";
import type { Place } from "./place.js";
import type { ScriptedReply } from "./script.js";
import { signThinking, toolUseId } from "./thinking-proof.js";

/** One server-sent event of a stream. */
export interface StreamEvent {
  readonly type: string;
  readonly [member: string]: unknown;
}

/** A reply as it will be sent, streamed or whole. */
export interface BuiltReply {
  readonly id: string;
  readonly model: string;
  readonly usage: Usage;
  readonly stopReason: string;
  readonly blocks: readonly BuiltBlock[];
}

interface BuiltBlock {
  /** As `content_block_start` carries it. */
  readonly opening: Record<string, unknown>;
  /** As a whole reply carries it. */
  readonly whole: Record<string, unknown>;
  readonly deltas: readonly Record<string, unknown>[];
}

/** Characters of text in one delta. */
const DELTA_CHARS = 400;

/** Gives a scripted reply ids, signatures and a stop reason; all are functions of its place. */
export function buildReply(reply: ScriptedReply, place: Place, facts: { model: string; usage: Usage }): BuiltReply {
  const at = `${place.conversation}:${place.index}`;
  const blocks: BuiltBlock[] = [];
  if (reply.thinking !== undefined) blocks.push(thinkingBlock(reply.thinking));
  if (reply.text !== undefined) blocks.push(textBlock(reply.text));
  for (const [n, tool] of reply.tools.entries()) blocks.push(toolBlock(tool, toolUseId(`${at}:${n}`, reply.thinking)));
  return {
    id: `msg_scripted_${at.replace(/[^a-zA-Z0-9]/g, "_")}`,
    model: facts.model,
    usage: facts.usage,
    stopReason: reply.stopReason ?? (reply.tools.length > 0 ? "tool_use" : "end_turn"),
    blocks,
  };
}

function thinkingBlock(thinking: string): BuiltBlock {
  const signature = signThinking(thinking);
  return {
    opening: { type: "thinking", thinking: "", signature: "" },
    whole: { type: "thinking", thinking, signature },
    deltas: [
      ...pieces(thinking).map((piece) => ({ type: "thinking_delta", thinking: piece })),
      { type: "signature_delta", signature },
    ],
  };
}

function textBlock(text: string): BuiltBlock {
  return {
    opening: { type: "text", text: "" },
    whole: { type: "text", text },
    deltas: pieces(text).map((piece) => ({ type: "text_delta", text: piece })),
  };
}

function toolBlock(tool: ScriptedReply["tools"][number], id: string): BuiltBlock {
  const input = tool.input ?? {};
  const json = tool.inputJson ?? JSON.stringify(input);
  return {
    opening: { type: "tool_use", id, name: tool.name, input: {} },
    whole: { type: "tool_use", id, name: tool.name, input },
    deltas: ["", ...pieces(json)].map((piece) => ({ type: "input_json_delta", partial_json: piece })),
  };
}

function pieces(text: string): string[] {
  const found: string[] = [];
  for (let at = 0; at < text.length; at += DELTA_CHARS) found.push(text.slice(at, at + DELTA_CHARS));
  return found;
}

/** The reply as the events of a stream, a ping among them, usage split as the real API splits it. */
export function streamOf(reply: BuiltReply): StreamEvent[] {
  const { output_tokens, ...atStart } = reply.usage;
  const events: StreamEvent[] = [
    { type: "message_start", message: { ...envelope(reply), content: [], usage: { ...atStart, output_tokens: 1 } } },
    { type: "ping" },
  ];
  for (const [index, block] of reply.blocks.entries()) {
    events.push({ type: "content_block_start", index, content_block: block.opening });
    for (const delta of block.deltas) events.push({ type: "content_block_delta", index, delta });
    events.push({ type: "content_block_stop", index });
  }
  events.push({
    type: "message_delta",
    delta: { stop_reason: reply.stopReason, stop_sequence: null },
    usage: { output_tokens },
  });
  events.push({ type: "message_stop" });
  return events;
}

/** The reply as one JSON document. */
export function documentOf(reply: BuiltReply): Record<string, unknown> {
  return {
    ...envelope(reply),
    content: reply.blocks.map((block) => block.whole),
    stop_reason: reply.stopReason,
    usage: reply.usage,
  };
}

function envelope(reply: BuiltReply): Record<string, unknown> {
  return {
    id: reply.id,
    type: "message",
    role: "assistant",
    model: reply.model,
    stop_reason: null,
    stop_sequence: null,
  };
}

/** One event in the wire form of server-sent events. */
export function wireForm(event: StreamEvent): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
