import type { TaskWorkspace } from "../../effect/workspace/workspace.js";
import { READ_DEFAULT_LINES } from "../../kernel/bounds.js";
import type { ConversationKind } from "../../schema/conversation.js";
import type { AnyNewEvent } from "../../schema/event.js";
import type { ToolUseBlock } from "../../schema/message.js";
import { spentText } from "../agent/agent-budget.js";
import { endWork, timeUpText } from "../agent/agent-time.js";
import { heldKey, holdFor, wasEnded } from "../agent/delegation.js";
import { FINISHING, offeredTools } from "../agent/grants.js";
import { spawnedEvent } from "../agent/spawn.js";
import { performCall, trimInput } from "../call/call.js";
import type { CallRequest } from "../call/call-record.js";
import { proposeCall } from "../call/propose.js";
import { type Crew, type CrewAgent, type Held, taskOf, tierAgent } from "../state/context.js";
import { renderDenials } from "../state/denial-text.js";
import { eventAt } from "../state/records.js";
import { TaskFailure } from "../state/task-status.js";
import { askModel } from "./ask.js";
import { asRecord, type ChainEnd, type Finish, placeOf, runChain, toolResult } from "./chain.js";
import {
  beginConversation,
  type Conversation,
  conversationId,
  conversationStream,
  deferIn,
  loadConversation,
  recordIn,
} from "./conversation.js";
import { endEvents } from "./conversation-end.js";
import { lostFiles } from "./lost-files.js";
import { reviewCall } from "./review-call.js";
import { closeSession } from "./runtime.js";

/** The same refusal this often in one conversation ends it: an agent does not burn money on a wall. */
const MAX_SAME_REFUSALS = 3;
/** Share of an agent's memory at which a conversation hands over. */
const MEMORY_SHARE = 0.8;
/** Executions of conversations that only judge. */
const JUDGING_EXECUTIONS = 60;

/** Judges a finishing call that the gate has let through. */
export type FinishJudge = (at: {
  conversation: Conversation;
  execution: string;
  call: ToolUseBlock;
}) => Promise<Finish>;

/** A conversation to hold: with whom, about what, where, and how its end is judged. */
export interface ConverseSpec {
  readonly kind: ConversationKind;
  readonly task: string | null;
  readonly agent: CrewAgent;
  readonly workspace: TaskWorkspace;
  prompt(): string | Promise<string>;
  readonly finish: FinishJudge;
  /**
   * What follows from its end, recorded in one transaction with it: whoever continues after a crash finds both or
   * neither, and holds no conversation anew whose end was recorded.
   */
  follows?(end: ChainEnd): AnyNewEvent[];
}

/** How conversations are held; passed to what may have to hold one in the middle of another. */
export type Converse = typeof converse;

/** Starts a conversation, or goes on with the open one of its kind, until it is over. */
export async function converse(crew: Crew, spec: ConverseSpec): Promise<{ end: ChainEnd; conversation: Conversation }> {
  const made = holdFor(crew, spec.agent, spec);
  if (!made.ok) throw new TaskFailure(renderDenials([made.error]));
  const held = made.value;
  const conversation = await openConversation(crew, spec, held);
  const executions = spec.kind === "work" ? held.minted.capability.limits.max_executions : JUDGING_EXECUTIONS;
  const end = await holdChain(conversation, {
    store: crew.store,
    planner: tierAgent(crew, "executive")?.id ?? "plan",
    isWorker: (name) => crew.agents.has(name),
    finishing: FINISHING[spec.kind],
    maxExecutions: executions,
    ask: (asked) => askModel(crew, spec.agent, asked, held),
    call: async (at, callId, call) =>
      (await callTool(crew, spec, { conversation: at, callId, call, held, executions })).content,
    finish: (at, callId, call) => gateFinish(crew, spec, { conversation: at, callId, call, held, executions }),
    giveUp: (at) => pointless(crew, at, spec.agent) ?? timeUpText(crew, spec.agent, held),
    mustEnd: (at) =>
      pointless(crew, at, spec.agent) ?? timeUpText(crew, spec.agent, held) ?? fullMemory(at, spec.agent),
  });
  crew.held.delete(heldKey(spec.agent.id, spec));
  if (end.kind !== "exhausted" || end.reason !== HANDOVER) endWork(spec.agent, heldKey(spec.agent.id, spec));
  if (end.kind === "exhausted") await closeConversation(crew, conversation, end.reason, followsOf(spec, end));
  return { end, conversation };
}

/** Whatever ends the chain, the program that held the conversation ends with it. */
async function holdChain(...chain: Parameters<typeof runChain>): Promise<ChainEnd> {
  try {
    return await runChain(...chain);
  } finally {
    await closeSession(chain[0]);
  }
}

async function openConversation(crew: Crew, spec: ConverseSpec, held: Held): Promise<Conversation> {
  const rows = crew.store.queries.conversations(crew.cycle, spec.task, spec.kind);
  const open = rows.find((row) => row.outcome === null);
  const found = open === undefined ? undefined : loadConversation(crew.store, open.id);
  if (found !== undefined) {
    const over = await whyOver(crew, spec, found);
    if (over === undefined) return resumed(crew, spec, { conversation: found, held });
    await closeConversation(crew, found, over);
  }
  return await startConversation(crew, spec, { held, n: rows.length + 1 });
}

async function startConversation(
  crew: Crew,
  spec: ConverseSpec,
  { held, n }: { held: Held; n: number },
): Promise<Conversation> {
  const id = conversationId({ cycle: crew.cycle, task: spec.task, kind: spec.kind, n });
  const { agent } = spec;
  const place = { stream: conversationStream(id), actor: agent.id, run: crew.cycle, task: spec.task };
  const stored = await crew.store.commit([
    eventAt(place, "CONVERSATION_STARTED", {
      conversation: id,
      kind: spec.kind,
      agent: agent.id,
      model: agent.model,
      system: agent.system,
      tools: offeredTools(crew, agent, spec.kind),
      prompt: await spec.prompt(),
    }),
    spawnedEvent(crew, place, { agent, task: spec.task, minted: held.minted }),
  ]);
  const first = stored[0];
  if (first?.type !== "CONVERSATION_STARTED") throw new Error("a conversation begins with its start");
  return beginConversation(first);
}

/** Why an open conversation is not gone on with, but begun anew from what is known. */
async function whyOver(crew: Crew, spec: ConverseSpec, { agent }: Conversation): Promise<string | undefined> {
  return agent === spec.agent.id ? await lostFiles(crew, spec) : "handed to another agent";
}

/** A later session goes on with a conversation under a capability of its own, which is recorded. */
function resumed(crew: Crew, spec: ConverseSpec, at: { conversation: Conversation; held: Held }): Conversation {
  const { conversation, held } = at;
  const stream = conversationStream(conversation.id);
  const [last] = crew.store.events({ stream, type: "AGENT_SPAWNED", reverse: true, limit: 1 });
  if (last?.type === "AGENT_SPAWNED" && last.payload.capability.id !== held.minted.capability.id) {
    const place = { stream, actor: spec.agent.id, run: crew.cycle, task: spec.task };
    crew.store.append([spawnedEvent(crew, place, { agent: spec.agent, task: spec.task, minted: held.minted })]);
  }
  return conversation;
}

function followsOf(spec: ConverseSpec, end: ChainEnd): AnyNewEvent[] {
  return spec.follows?.(end) ?? [];
}

/** Ends a conversation that no finishing call ended, together with what follows from it. */
async function closeConversation(
  crew: Crew,
  conversation: Conversation,
  outcome: string,
  follows: readonly AnyNewEvent[] = [],
): Promise<void> {
  await recordIn(crew.store, conversation, [...endEvents(conversation, outcome.slice(0, 200)), ...follows]);
}

/** Why no more is to be spent on an agent: it was ended, has no money left, or runs against a wall. */
function pointless(crew: Crew, conversation: Conversation, agent: CrewAgent): string | undefined {
  if (wasEnded(crew, agent)) return ENDED;
  return spentText(conversation) ?? repeatedRefusal(conversation);
}

function repeatedRefusal(conversation: Conversation): string | undefined {
  for (const { told, count } of conversation.refusals.values())
    if (count >= MAX_SAME_REFUSALS) return `the same call was refused ${count} times: ${told}`;
  return undefined;
}

function fullMemory(conversation: Conversation, agent: CrewAgent): string | undefined {
  return conversation.knownTokens > agent.memoryTokens * MEMORY_SHARE ? HANDOVER : undefined;
}

/** Reason of an end that is no failure: the conversation starts afresh from the brief. */
export const HANDOVER = "handover: the conversation nears the agent's memory";
/** Reason of an end that is no failure: the work is its owner's again. */
export const ENDED = "the agent was ended by who spawned it";

interface ToolCall {
  conversation: Conversation;
  callId: string;
  call: ToolUseBlock;
  held: Held;
  executions: number;
}

function requestFor(crew: Crew, spec: ConverseSpec, at: ToolCall): CallRequest {
  const { conversation, callId, call } = at;
  const { args, note } = trimInput(call.name, asRecord(call.input));
  const caller = {
    agent: spec.agent.id,
    tier: spec.agent.tier,
    task: spec.task ?? "-",
    phase: spec.task === null ? "-" : taskOf(crew, spec.task).phase,
    cycle: crew.cycle,
    source: conversation.lastReply?.event ?? "",
  };
  return {
    proposal: proposeCall(callId, call.name === "" ? "(none)" : call.name, args, caller),
    place: { held: at.held, workspace: spec.workspace, executionsLeft: at.executions - conversation.executions },
    records: placeOf(conversation, callId),
    toolUseId: call.id,
    review: async (asked, first) => await reviewCall(crew, asked, first, converse),
    append: (events) => recordIn(crew.store, conversation, events),
    defer: (events, recorded) => deferIn(conversation, events, recorded),
    ...(note === "" ? {} : { note }),
  };
}

async function callTool(crew: Crew, spec: ConverseSpec, at: ToolCall): Promise<{ content: string }> {
  const known = at.conversation.answered.get(at.callId);
  if (known !== undefined) return { content: known.content };
  const request = requestFor(crew, spec, at);
  const outcome = await performCall(crew, request);
  return { content: outcome.content.slice(0, READ_DEFAULT_LINES * 100) };
}

/** A finishing call is a tool call too: the gate first, then its judge. */
async function gateFinish(crew: Crew, spec: ConverseSpec, at: ToolCall): Promise<Finish> {
  const callId = `${at.callId}#${at.call.id}`;
  const request = requestFor(crew, spec, { ...at, callId });
  const outcome = await performCall(crew, { ...request, dryRun: true });
  if (outcome.isError) {
    const place = placeOf(at.conversation, at.callId);
    return {
      agent_id: "rules",
      output: { decision: "REJECT", feedback: outcome.content },
      outcome: "REJECT",
      events: [toolResult(place, at.call.id, outcome.content)],
      over: false,
    };
  }
  const finish = await spec.finish({ conversation: at.conversation, execution: at.callId, call: at.call });
  if (!finish.over) return finish;
  const done = eventAt(placeOf(at.conversation, at.callId), "TOOL_RESULT", {
    call_id: callId,
    tool_use_id: at.call.id,
    content: `${at.call.name}: ${finish.output.decision}`,
    is_error: false,
    verification: { succeeded: true, outcomeCorrect: true, retry: { should: false, why: "the conversation is over" } },
  });
  const follows = followsOf(spec, { kind: "finished", call: at.call, finish });
  return { ...finish, events: [done, ...finish.events, ...follows] };
}
