import { INPUT_RULE } from "../../gate/checks.js";
import { assert } from "../../kernel/assert.js";
import type { ConversationKind } from "../../schema/conversation.js";
import type { AnyEvent, AnyNewEvent } from "../../schema/event.js";
import {
  isToolUse,
  type Message,
  type ReplyBlock,
  type TextBlock,
  type ToolResultBlock,
  type ToolUseBlock,
} from "../../schema/message.js";
import type { Store } from "../../store/store.js";

/**
 * A conversation is a fold over its events: the same `apply` runs live and on resume, so what a
 * restart sees is what was recorded. Nothing is kept beside the events.
 *
 * The tool results of a reply go back together, in the order of its calls, when the last of them
 * is recorded (DESIGN §10); that user message is derived, never stored twice.
 */
export interface Conversation {
  readonly id: string;
  readonly run: number;
  readonly task: string | null;
  readonly kind: ConversationKind;
  readonly agent: string;
  readonly model: string;
  readonly system: string;
  readonly tools: readonly string[];
  /** The newest session of Claude Code about it, where it is held that way. */
  session: string | undefined;
  readonly messages: Message[];
  /** The last whole reply. */
  lastReply: Reply | undefined;
  /** The reply before it: an execution under way may still stand on it after a crash. */
  priorReply: Reply | undefined;
  /** Results of the last reply's calls so far, by tool_use id. */
  readonly results: Map<string, ToolResultBlock>;
  /** Call ids that already have a result, with what the model was told. */
  readonly answered: Map<string, { toolUseId: string; content: string; is_error: boolean }>;
  /** How often each refusal was given: the same rule and object, and of input that does not fit the same input. */
  readonly refusals: Map<string, { readonly told: string; readonly count: number }>;
  /** Executions that ended; the next has this index + 1. */
  executions: number;
  /** Requests sent so far, for their ids. */
  requests: number;
  /** Whole replies received. */
  replies: number;
  /** Prompt tokens of the last reply plus its output, and bytes of prompt text added since. */
  knownTokens: number;
  bytesSince: number;
  /** Whether the last reply was already answered with the nudge. */
  nudged: boolean;
  ended: string | undefined;
  /** Events folded already and not recorded yet. */
  readonly deferred: AnyNewEvent[];
  /** What waits for them to be recorded. */
  readonly onRecorded: (() => void)[];
}

/** What the API's framing of a block can add to a prompt (tokens, counted as bytes). */
const BLOCK_BYTES = 48;

/** A whole reply as executions see it: the event that holds it and its tool calls. */
export interface Reply {
  event: string;
  calls: readonly ToolUseBlock[];
  stopReason: string | null;
}

/** Stream of a conversation's events. */
export function conversationStream(id: string): string {
  return `conv:${id}`;
}

/** Id of the n-th conversation of a kind about a task (`-` outside tasks). */
export function conversationId(parts: { cycle: number; task: string | null; kind: string; n: number }): string {
  return `${parts.cycle}:${parts.task ?? "-"}:${parts.kind}:${parts.n}`;
}

/** Reads a conversation back, or undefined when it never started. */
export function loadConversation(store: Store, id: string): Conversation | undefined {
  const events = store.events({ stream: conversationStream(id) });
  const first = events[0];
  if (first === undefined) return undefined;
  assert(first.type === "CONVERSATION_STARTED", `conversation ${id} does not begin with its start`);
  const conversation = beginConversation(first);
  for (const event of events.slice(1)) applyEvent(conversation, event);
  return conversation;
}

/** A conversation right after its first event. */
export function beginConversation(event: Extract<AnyEvent, { type: "CONVERSATION_STARTED" }>): Conversation {
  const { payload } = event;
  return {
    id: payload.conversation,
    run: event.run,
    task: event.task,
    kind: payload.kind,
    agent: payload.agent,
    model: payload.model,
    system: payload.system,
    tools: payload.tools,
    session: undefined,
    messages: [{ role: "user", content: [{ type: "text", text: payload.prompt }] }],
    lastReply: undefined,
    priorReply: undefined,
    results: new Map(),
    answered: new Map(),
    refusals: new Map(),
    executions: 0,
    requests: 0,
    replies: 0,
    knownTokens: 0,
    bytesSince: Buffer.byteLength(payload.prompt) + Buffer.byteLength(payload.system),
    nudged: false,
    ended: undefined,
    deferred: [],
    onRecorded: [],
  };
}

/** Folds one event into the conversation. Events of other kinds change nothing. */
export function applyEvent(conversation: Conversation, event: AnyEvent): void {
  switch (event.type) {
    case "RUNTIME_STARTED":
      conversation.session = event.payload.session;
      return;
    case "MODEL_REQUEST":
      conversation.requests += 1;
      return;
    case "MODEL_RESPONSE":
      applyReply(conversation, event);
      return;
    case "TOOL_RESULT":
      applyToolResult(conversation, event);
      return;
    case "CONVERSATION_APPENDED":
      conversation.nudged = true;
      pushUser(conversation, event.payload.content as TextBlock[]);
      return;
    case "EXECUTION_ENDED":
      conversation.executions += 1;
      return;
    case "CONVERSATION_ENDED":
      conversation.ended = event.payload.outcome;
      return;
    default:
  }
}

function applyReply(conversation: Conversation, event: Extract<AnyEvent, { type: "MODEL_RESPONSE" }>): void {
  const { reply } = event.payload;
  const { usage } = reply;
  conversation.replies += 1;
  const content = reply.content.filter((block) => !isBlankText(block));
  if (content.length > 0) conversation.messages.push({ role: "assistant", content });
  conversation.priorReply = conversation.lastReply;
  conversation.lastReply = {
    event: event.id,
    calls: reply.content.filter(isToolUse),
    stopReason: reply.stop_reason,
  };
  conversation.results.clear();
  conversation.nudged = false;
  conversation.knownTokens =
    usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens + usage.output_tokens;
  conversation.bytesSince = 0;
}

function applyToolResult(conversation: Conversation, event: Extract<AnyEvent, { type: "TOOL_RESULT" }>): void {
  const { call_id, tool_use_id, content, is_error } = event.payload;
  const { results } = conversation;
  conversation.answered.set(call_id, { toolUseId: tool_use_id, content, is_error });
  const calls = conversation.lastReply?.calls ?? [];
  const answered = calls.find((call) => call.id === tool_use_id);
  const told = is_error ? refusalOf(content) : undefined;
  if (told !== undefined) countRefusal(conversation, told, answered);
  if (answered === undefined) return;
  results.set(tool_use_id, resultBlock(tool_use_id, content, is_error));
  if (results.size === calls.length)
    pushUser(
      conversation,
      calls.flatMap(({ id }) => results.get(id) ?? []),
    );
}

function countRefusal({ refusals }: Conversation, told: string, call: ToolUseBlock | undefined): void {
  const same = isOfInput(told) ? JSON.stringify([told, call?.input]) : told;
  refusals.set(same, { told, count: (refusals.get(same)?.count ?? 0) + 1 });
}

/** What was refused and by which rule, of the first denial a result tells of; what a command printed is no part of it. */
function refusalOf(content: string): string | undefined {
  const [first = ""] = content.split("\n\n");
  if (!first.startsWith("ERROR_")) return undefined;
  const lines = first.split("\n").filter((line) => /^(?:rule|object): /.test(line));
  return lines.length === 0 ? first : lines.join(", ");
}

/** Whether a call was refused for its input alone: another input is then another call, as an `Edit` of another place is. */
function isOfInput(refusal: string): boolean {
  return refusal.startsWith(`rule: ${INPUT_RULE},`);
}

/** The API refuses empty results of failed calls. */
function resultBlock(toolUseId: string, content: string, isError: boolean): ToolResultBlock {
  const shown = content === "" ? "(no output)" : content;
  return { type: "tool_result", tool_use_id: toolUseId, content: shown, ...(isError ? { is_error: true } : {}) };
}

function pushUser(conversation: Conversation, content: (TextBlock | ToolResultBlock)[]): void {
  const last = conversation.messages.at(-1);
  if (last?.role === "user")
    conversation.messages[conversation.messages.length - 1] = { role: "user", content: [...last.content, ...content] };
  else conversation.messages.push({ role: "user", content });
  for (const block of content)
    conversation.bytesSince += BLOCK_BYTES + Buffer.byteLength(block.type === "text" ? block.text : block.content);
}

/** The API refuses blank text blocks in what is sent back (messages-api: text must be non-empty). */
function isBlankText(block: ReplyBlock): boolean {
  return block.type === "text" && "text" in block && typeof block.text === "string" && block.text.trim() === "";
}

/** The first call of the last reply that has no result yet. */
export function pendingCall(conversation: Conversation): ToolUseBlock | undefined {
  return conversation.lastReply?.calls.find((call) => !conversation.results.has(call.id));
}

/**
 * The call an execution stands on: the one whose result an earlier run of the same execution recorded,
 * else the first pending one. Undefined when the model has to be asked.
 */
export function callOf(
  conversation: Conversation,
  execution: string,
): { call: ToolUseBlock; event: string } | undefined {
  const recorded = conversation.answered.get(execution);
  if (recorded === undefined) return pendingOf(conversation);
  const replies = [conversation.lastReply, conversation.priorReply].filter((reply) => reply !== undefined);
  for (const { calls, event } of replies) {
    const call = calls.find((block) => block.id === recorded.toolUseId);
    if (call !== undefined) return { call, event };
  }
  return undefined;
}

/** The first pending call with the event of the reply it is in. */
export function pendingOf(conversation: Conversation): { call: ToolUseBlock; event: string } | undefined {
  const call = pendingCall(conversation);
  return call === undefined ? undefined : { call, event: conversation.lastReply?.event ?? "" };
}

/** Id of the execution that runs now. */
export function currentExecution(conversation: Conversation): string {
  return `${conversation.id}:${conversation.executions + 1}`;
}

/** Appends events in one transaction, with those that were put off, and folds those of this conversation into it. */
export async function recordIn(
  store: Store,
  conversation: Conversation,
  events: readonly AnyNewEvent[],
): Promise<void> {
  const late = conversation.deferred.splice(0);
  const waiting = conversation.onRecorded.splice(0);
  const stored = (await store.commit([...late, ...events])).slice(late.length);
  for (const tell of waiting) tell();
  const stream = conversationStream(conversation.id);
  for (const event of stored) if (event.stream === stream) applyEvent(conversation, event);
}

/**
 * Folds events of this conversation now and has them recorded with the next that are, in one transaction: for what
 * a crash may lose, because it is simply done again (a look at a file, the end of an execution whose parts are
 * all recorded) or recorded from elsewhere (a kept write from its journal). Nothing that others act on is put off.
 * `recorded` is called once they are on disk, and never when recording them fails.
 */
export function deferIn(conversation: Conversation, events: readonly AnyNewEvent[], recorded?: () => void): void {
  conversation.deferred.push(...events);
  if (recorded !== undefined) conversation.onRecorded.push(recorded);
  for (const event of events) applyEvent(conversation, event as AnyEvent);
}

/** Records what was put off. */
export async function flushIn(store: Store, conversation: Conversation): Promise<void> {
  if (conversation.deferred.length > 0) await recordIn(store, conversation, []);
}
