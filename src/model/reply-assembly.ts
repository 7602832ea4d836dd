import { err, ok, type Result } from "../kernel/result.js";
import type { ModelReply, ReplyBlock, Usage } from "../schema/message.js";
import { closeBlock, isRaw, isTyped, type OpenBlock, type Raw } from "./reply-block.js";

/**
 * Assembles a reply from the events of a stream and refuses what breaks the protocol.
 *
 * Order: message_start, then blocks one at a time (start, deltas, stop; indexes from 0 without a
 * gap), message_delta, message_stop. Events and deltas of unknown types are skipped: the API may
 * add some. Usage figures are cumulative, so a later one replaces an earlier one.
 */
export interface ReplyAssembly {
  /** Takes one event; a string says how it breaks the protocol. */
  take(event: unknown): string | undefined;
  /** The reply once `message_stop` has come; undefined while the stream is not whole. */
  finish(): Result<ModelReply, string> | undefined;
}

/** Longest reply taken (characters, counting at least one for each event). */
const MAX_REPLY_CHARS = 32 * 1024 * 1024;

interface State {
  id: string;
  model: string;
  stopReason: string | null;
  stopped: boolean;
  open: OpenBlock | undefined;
  readonly content: ReplyBlock[];
  readonly toolIds: Set<string>;
  readonly usage: Partial<Record<keyof Usage, number>>;
  /** Why a tool's input could not be read; forgiven when the reply was cut by a limit. */
  brokenInput: string | undefined;
  chars: number;
  readonly onText: ((piece: string) => void) | undefined;
}

type Handler = (state: State, event: Raw) => string | undefined;

/** Stop reasons of a reply that ended in the middle: its last tool call may be incomplete. */
const CUT_SHORT: ReadonlySet<string | null> = new Set(["max_tokens", "model_context_window_exceeded", "refusal"]);
const USAGE_FIGURES = [
  "input_tokens",
  "output_tokens",
  "cache_read_input_tokens",
  "cache_creation_input_tokens",
] as const;

const handlers: ReadonlyMap<string, Handler> = new Map(
  Object.entries<Handler>({
    message_start: startMessage,
    content_block_start: startBlock,
    content_block_delta: extendBlock,
    content_block_stop: stopBlock,
    message_delta: endMessage,
    message_stop: (state) => {
      if (state.open !== undefined || state.stopReason === null) return "message_stop before the message was complete";
      state.stopped = true;
      return undefined;
    },
  }),
);

/** Begins an empty reply; `onText` hears each piece of answer text. */
export function assembleReply(onText?: (piece: string) => void): ReplyAssembly {
  const state: State = {
    id: "",
    model: "",
    stopReason: null,
    stopped: false,
    open: undefined,
    content: [],
    toolIds: new Set(),
    usage: {},
    brokenInput: undefined,
    chars: 0,
    onText,
  };
  return { take: (event) => take(state, event), finish: () => finish(state) };
}

function take(state: State, event: unknown): string | undefined {
  if (!isTyped(event)) return "an event is not an object with a type";
  state.chars += 1;
  if (state.chars > MAX_REPLY_CHARS) return `the reply is longer than ${MAX_REPLY_CHARS} characters`;
  const { type } = event;
  const handler = handlers.get(type);
  if (handler === undefined) return undefined;
  if (state.stopped) return `${type} after message_stop`;
  if (state.id === "" && type !== "message_start") return `${type} before message_start`;
  return handler(state, event);
}

function startMessage(state: State, event: Raw): string | undefined {
  const message = event["message"];
  if (state.id !== "") return "a second message_start";
  if (!isRaw(message)) return "message_start without a message";
  if (typeof message["id"] !== "string" || message["id"] === "") return "message_start without an id";
  if (typeof message["model"] !== "string") return "message_start without a model";
  state.id = message["id"];
  state.model = message["model"];
  return mergeUsage(state, message["usage"]);
}

function startBlock(state: State, event: Raw): string | undefined {
  const block = event["content_block"];
  if (state.open !== undefined) return "a block starts inside another";
  if (event["index"] !== state.content.length) return `block ${String(event["index"])} is out of order`;
  if (!isTyped(block)) return "content_block_start without a block";
  if (block.type === "tool_use") {
    const fault = toolFault(state, block);
    if (fault !== undefined) return fault;
  }
  state.open = { start: block, text: "", signature: "" };
  return undefined;
}

function toolFault(state: State, block: Raw): string | undefined {
  const { id, name } = block;
  if (typeof id !== "string" || id === "") return "a tool call without an id";
  if (typeof name !== "string" || name === "") return "a tool call without a name";
  if (state.toolIds.has(id)) return `two tool calls with the id ${id}`;
  state.toolIds.add(id);
  return undefined;
}

/** The member that carries each kind of delta. */
const DELTA_MEMBER: ReadonlyMap<string, string> = new Map([
  ["text_delta", "text"],
  ["thinking_delta", "thinking"],
  ["input_json_delta", "partial_json"],
  ["signature_delta", "signature"],
]);

function extendBlock(state: State, event: Raw): string | undefined {
  const { delta } = event;
  const open = state.open;
  if (open === undefined || event["index"] !== state.content.length) return "a delta outside its block";
  if (!isTyped(delta)) return "a delta is not an object with a type";
  const member = DELTA_MEMBER.get(delta.type);
  if (member === undefined) return undefined;
  const piece = delta[member];
  return typeof piece === "string" ? extend(state, open, { member, piece }) : `a ${delta.type} without ${member}`;
}

function extend(state: State, open: OpenBlock, { member, piece }: { member: string; piece: string }): undefined {
  state.chars += piece.length;
  if (member === "signature") open.signature += piece;
  else open.text += piece;
  if (member === "text") state.onText?.(piece);
}

function stopBlock(state: State, event: Raw): string | undefined {
  const open = state.open;
  if (open === undefined || event["index"] !== state.content.length) return "a block stops that is not open";
  state.open = undefined;
  const closed = closeBlock(open);
  if (!closed.ok) state.brokenInput ??= closed.error;
  state.content.push(closed.ok ? closed.value : ({ ...open.start, input: {} } as ReplyBlock));
  return undefined;
}

function endMessage(state: State, event: Raw): string | undefined {
  const { delta } = event;
  if (state.open !== undefined) return "message_delta inside a block";
  if (!isRaw(delta)) return "message_delta without a delta";
  if (typeof delta["stop_reason"] === "string") state.stopReason = delta["stop_reason"];
  return mergeUsage(state, event["usage"]);
}

function mergeUsage(state: State, usage: unknown): string | undefined {
  if (usage === undefined || usage === null) return undefined;
  if (!isRaw(usage)) return "usage is not an object";
  for (const figure of USAGE_FIGURES) {
    const value = usage[figure] ?? undefined;
    if (value === undefined) continue;
    if (!isCount(value)) return `usage.${figure} is not a count`;
    state.usage[figure] = value;
  }
  return undefined;
}

function finish(state: State): Result<ModelReply, string> | undefined {
  if (!state.stopped) return undefined;
  if (state.brokenInput !== undefined && !CUT_SHORT.has(state.stopReason)) return err(state.brokenInput);
  const { input_tokens, output_tokens, cache_read_input_tokens = 0, cache_creation_input_tokens = 0 } = state.usage;
  if (input_tokens === undefined || output_tokens === undefined) return err("the reply says nothing of its usage");
  return ok({
    id: state.id,
    model: state.model,
    content: state.content,
    stop_reason: state.stopReason,
    usage: { input_tokens, output_tokens, cache_read_input_tokens, cache_creation_input_tokens },
  });
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
