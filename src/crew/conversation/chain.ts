import { messageOf } from "../../kernel/fault.js";
import type { AnyNewEvent } from "../../schema/event.js";
import type { ToolUseBlock } from "../../schema/message.js";
import { isToolName, toolInputSchemas } from "../../schema/tool.js";
import type { CriticOutput, EndOutcome, WorkOutput } from "../../schema/trace.js";
import type { Store } from "../../store/store.js";
import { type ExecutionPorts, type ExecutionRun, ExecutionStop, runExecution } from "../../turn/execution.js";
import { eventAt, type Place } from "../state/records.js";
import {
  type Conversation,
  callOf,
  conversationStream,
  currentExecution,
  deferIn,
  flushIn,
  pendingCall,
  pendingOf,
  recordIn,
} from "./conversation.js";
import { CUT_CALL, NUDGE } from "./prompts.js";

/** Replies in a row that break the protocol before the conversation is given up. */
const MAX_PROTOCOL_ERRORS = 3;
/** Characters that are told of the last of them. */
const MAX_REASON_CHARS = 300;
/** `pause_turn` replies continued in a row. */
const MAX_PAUSES = 5;

/** What the chain needs from the crew. */
export interface ChainPorts {
  store: Store;
  /** Agent id of the planner named in PLAN entries. */
  planner: string;
  readonly isWorker: (name: string) => boolean;
  /** Tools that end this kind of conversation. */
  finishing: ReadonlySet<string>;
  maxExecutions: number;
  /** Asks the model once and records the reply; throws RunStop or ExecutionStop. */
  ask(conversation: Conversation): Promise<void>;
  /** Carries one call through the gate and records its result; returns what the model is told. */
  call(conversation: Conversation, callId: string, call: ToolUseBlock): Promise<unknown>;
  /** Judges a finishing call. */
  finish(conversation: Conversation, callId: string, call: ToolUseBlock): Promise<Finish>;
  /** Why the model is not asked again in the middle of an execution (identical denials). */
  giveUp(conversation: Conversation): string | undefined;
  /** Whether the chain must end for another reason (identical denials, handover). */
  mustEnd(conversation: Conversation): string | undefined;
}

/** Judgement of a finishing call; `events` are recorded with the END of its execution. */
export interface Finish {
  agent_id: string;
  output: CriticOutput;
  outcome: EndOutcome;
  events: AnyNewEvent[];
  /** Whether the conversation is over. */
  over: boolean;
}

/** How a chain ended. */
export type ChainEnd = { kind: "finished"; call: ToolUseBlock; finish: Finish } | { kind: "exhausted"; reason: string };

/** Runs executions until a finishing call ends the conversation or a bound is reached. */
export async function runChain(conversation: Conversation, ports: ChainPorts): Promise<ChainEnd> {
  try {
    return await runExecutions(conversation, ports);
  } finally {
    await flushIn(ports.store, conversation);
  }
}

async function runExecutions(conversation: Conversation, ports: ChainPorts): Promise<ChainEnd> {
  const broken: unknown[] = [];
  for (;;) {
    const reason = boundReached(conversation, ports, broken);
    if (reason !== undefined) return { kind: "exhausted", reason };
    const { run, call, finish } = await runOne(conversation, ports);
    if (call !== undefined && finish?.over === true) return { kind: "finished", call, finish };
    passOn(run.stopped);
    if (run.stopped === undefined) broken.length = 0;
    else broken.push(run.stopped);
  }
}

/** A reply that breaks the protocol costs its execution; everything else that was thrown goes on up. */
function passOn(stopped: unknown): void {
  if (stopped !== undefined && !(stopped instanceof ExecutionStop)) throw stopped;
}

function boundReached(conversation: Conversation, ports: ChainPorts, broken: readonly unknown[]): string | undefined {
  if (broken.length >= MAX_PROTOCOL_ERRORS)
    return `${broken.length} replies in a row broke the protocol, the last one: ${messageOf(broken.at(-1)).slice(0, MAX_REASON_CHARS)}`;
  if (conversation.executions >= ports.maxExecutions) {
    return `the limit of ${ports.maxExecutions} executions is reached`;
  }
  return ports.mustEnd(conversation);
}

interface Step {
  run: ExecutionRun;
  call: ToolUseBlock | undefined;
  finish: Finish | undefined;
}

async function runOne(conversation: Conversation, ports: ChainPorts): Promise<Step> {
  const execution = currentExecution(conversation);
  const place = placeOf(conversation, execution);
  const now: { call: ToolUseBlock | undefined; finish: Finish | undefined } = { call: undefined, finish: undefined };
  const steps: ExecutionPorts = {
    plan: () => ({ agent_id: ports.planner, worker_id: conversation.agent }),
    isWorker: ports.isWorker,
    work: async (round) => {
      const next = await nextCall(conversation, ports, { place, round });
      now.call = next.call;
      return { agent_id: conversation.agent, output: workOutput(next.call, ports.finishing), event: next.event };
    },
    tool: async () => await ports.call(conversation, execution, now.call as ToolUseBlock),
    critic: async (output) => {
      if ("tool_request" in output) return { agent_id: "rules", output: { decision: "ACCEPT" }, outcome: "CONTINUE" };
      now.finish = await ports.finish(conversation, execution, now.call as ToolUseBlock);
      return now.finish;
    },
  };
  const task = { id: conversation.task ?? "-", title: conversation.kind, conversation: conversation.id };
  const run = await runExecution({ domain: { task } }, steps, { inChain: true });
  const end = endEvent(place, conversation, run);
  if (run.outcome === "CONTINUE" && now.finish === undefined) deferIn(conversation, [end]);
  else await recordIn(ports.store, conversation, [...(now.finish?.events ?? []), end]);
  return { run, ...now };
}

function endEvent(place: Place, conversation: Conversation, run: ExecutionRun): AnyNewEvent {
  const { response, outcome, reason } = run;
  return eventAt(place, "EXECUTION_ENDED", {
    outcome,
    worker_id: response.worker_id,
    seal: response.seal,
    conversation: conversation.id,
    ...(reason === undefined ? {} : { reason }),
    trace: response.trace as never,
  });
}

/** A finishing call of valid form is a result; everything else is a tool request and goes through the gate. */
function workOutput(call: ToolUseBlock, finishing: ReadonlySet<string>): WorkOutput {
  const args = asRecord(call.input);
  if (finishing.has(call.name) && isToolName(call.name)) {
    const parsed = toolInputSchemas[call.name].safeParse(call.input);
    if (parsed.success) return { result: parsed.data as Record<string, unknown> };
  }
  return { tool_request: { tool_name: call.name === "" ? "(none)" : call.name, args } };
}

/** A call's input as an object; anything else is kept visible under one name for the schema check to refuse. */
export function asRecord(input: unknown): Record<string, unknown> {
  if (input !== null && typeof input === "object" && !Array.isArray(input)) return input as Record<string, unknown>;
  return { input };
}

interface Standing {
  call: ToolUseBlock;
  event: string;
}

async function nextCall(
  conversation: Conversation,
  ports: ChainPorts,
  at: { place: Place; round: 1 | 2 },
): Promise<Standing> {
  const { place, round } = at;
  const first = round === 1 ? callOf(conversation, place.execution ?? "") : pendingOf(conversation);
  let standing = first;
  let nudges = 0;
  for (let replies = 0; standing === undefined; replies += 1) {
    if (replies > MAX_PAUSES) throw new ExecutionStop("ERROR", `the model paused ${MAX_PAUSES} times without going on`);
    nudges += await nudgeOnce(conversation, ports, { place, nudges });
    const wall = ports.giveUp(conversation);
    if (wall !== undefined) throw new ExecutionStop("BLOCKED", wall);
    await ports.ask(conversation);
    refuseEnding(conversation);
    standing = pendingOf(conversation);
  }
  if (isCut(conversation)) await refuseCut(conversation, ports, place);
  return standing;
}

/** Nudges a model that stopped without a call, once an execution; answers how often it did. */
async function nudgeOnce(
  conversation: Conversation,
  ports: ChainPorts,
  at: { place: Place; nudges: number },
): Promise<0 | 1> {
  if (!needsNudge(conversation)) return 0;
  if (at.nudges > 0) throw new ExecutionStop("ERROR", "the model stopped twice without calling a tool");
  const content = [{ type: "text", text: NUDGE }];
  const appended = { conversation: conversation.id, content };
  await recordIn(ports.store, conversation, [eventAt(at.place, "CONVERSATION_APPENDED", appended)]);
  return 1;
}

/** Whether the reply that the pending call is in was cut by its token limit. */
function isCut(conversation: Conversation): boolean {
  return conversation.lastReply?.stopReason === "max_tokens" && pendingCall(conversation) !== undefined;
}

/** The last thing said was the model's, without a call to answer. */
function needsNudge(conversation: Conversation): boolean {
  const last = conversation.lastReply;
  if (last === undefined || last.calls.length > 0 || last.stopReason === "pause_turn") return false;
  return !conversation.nudged;
}

/** A refusal or a full context cannot be answered by a nudge. */
function refuseEnding(conversation: Conversation): void {
  const reason = conversation.lastReply?.stopReason;
  if (reason === "refusal") throw new ExecutionStop("ERROR", "the model refused to continue");
  if (reason === "model_context_window_exceeded")
    throw new ExecutionStop("ERROR", "the model's context window is full");
}

/** Calls of a reply cut by `max_tokens` are never run; each is answered with the reason. */
async function refuseCut(conversation: Conversation, ports: ChainPorts, place: Place): Promise<never> {
  const calls = conversation.lastReply?.calls ?? [];
  const open = calls.filter((call) => !conversation.results.has(call.id));
  await recordIn(
    ports.store,
    conversation,
    open.map((call) => toolResult(place, call.id, CUT_CALL)),
  );
  throw new ExecutionStop("ERROR", "the reply was cut by its token limit; its tool calls were not run");
}

/** An error result that belongs to no execution of its own. */
export function toolResult(place: Place, toolUseId: string, content: string): AnyNewEvent {
  return eventAt(place, "TOOL_RESULT", {
    call_id: `${place.execution ?? ""}#${toolUseId}`,
    tool_use_id: toolUseId,
    content,
    is_error: true,
    verification: { succeeded: false, outcomeCorrect: false, retry: { should: true, why: content } },
  });
}

/** Where a conversation's events belong. */
export function placeOf(conversation: Conversation, execution: string | null): Place {
  return {
    stream: conversationStream(conversation.id),
    actor: conversation.agent,
    run: conversation.run,
    task: conversation.task,
    execution,
  };
}
