import { err, ok, type Result } from "../../kernel/result.js";
import type { ModelFailure } from "../../model/failure.js";
import type { BudgetRefusal, Governor, Reservation } from "../../model/governor.js";
import type { PaceTurn } from "../../model/pace.js";
import { costOf, tokensOf, worstCase } from "../../model/prices.js";
import { type ModelRequest, requestHeaders } from "../../model/request.js";
import { requestWithRetries } from "../../model/retry.js";
import type { ModelReply } from "../../schema/message.js";
import { isToolUse } from "../../schema/message.js";
import { ExecutionStop } from "../../turn/execution.js";
import { governorOf, noteSpent, planCanPay } from "../agent/agent-budget.js";
import { timeUpText } from "../agent/agent-time.js";
import type { Crew, CrewAgent, Held } from "../state/context.js";
import { eventAt } from "../state/records.js";
import { isStopped, RunStop, stopIfKilled, waitUnlessStopped } from "../state/stop.js";
import { placeOf } from "./chain.js";
import { type Conversation, currentExecution, recordIn } from "./conversation.js";
import { requestOf } from "./model-request.js";
import { isWrongSetUp, judgeFailure, park, wrongSetUp } from "./outage.js";
import { clientFor } from "./runtime.js";
import { retryOf } from "./task-retry.js";

/** Frame the API adds to a prompt (tokens). New text is bounded by one token a byte: no tokenizer makes more. */
const FRAME_TOKENS = 1_024;
/** Frame Claude Code adds (2.2 kB seen); a resumed session may be told again what its record holds already. */
const CLAUDE_FRAME_TOKENS = 8_192;

/**
 * Asks the model for the next reply of a conversation and records it. Before each attempt its worst
 * case is reserved and written down; a refusal to spend, a wrong set-up, the kill switch and
 * cancellation end the session (RunStop); a reply that breaks the protocol costs the execution
 * (ExecutionStop). An outage parks: it is tried again until the plan's time is over.
 */
export async function askModel(
  crew: Crew,
  agent: CrewAgent,
  conversation: Conversation,
  held: Pick<Held, "endsAtMs">,
): Promise<void> {
  for (let outage = 0; ; outage += 1) {
    const failure = await tryOnce(crew, agent, conversation, held);
    if (failure === undefined) return;
    await park(crew, conversation, failure, outage);
  }
}

/** One bounded round of attempts; answers the failure when it is an outage. */
async function tryOnce(
  crew: Crew,
  agent: CrewAgent,
  conversation: Conversation,
  held: Pick<Held, "endsAtMs">,
): Promise<ModelFailure | undefined> {
  const open: OpenRequest = {
    id: "",
    held,
    governor: governorOf(crew, agent),
    reservation: undefined,
    failure: undefined,
    ownBudget: false,
    turn: undefined,
  };
  try {
    return await tryWith(crew, agent, conversation, open);
  } finally {
    open.turn?.end();
  }
}

async function tryWith(
  crew: Crew,
  agent: CrewAgent,
  conversation: Conversation,
  open: OpenRequest,
): Promise<ModelFailure | undefined> {
  const client = clientFor(crew, agent, conversation);
  if (client === undefined) throw new RunStop(2, "no model is configured");
  const request = requestOf(agent, conversation);
  const result = await requestWithRetries<BudgetRefusal>({
    client,
    request,
    clock: { nowMs: () => crew.clock.nowMs(), sleep: (ms) => waitUnlessStopped(crew, ms) },
    policy: retryOf(crew, conversation.task),
    signal: crew.signal,
    headers: requestHeaders({
      agent: agent.id,
      tier: agent.tier,
      task: conversation.task,
      execution: currentExecution(conversation),
    }),
    onHead: (head) => crew.pace?.head(conversation.model, head),
    onAttempt: () => reserve(crew, agent, conversation, { request, open }),
    onFailure: (attempt, failure) => recordFailure(crew, conversation, { attempt, failure, open }),
  });
  if (result.ok) {
    await settle(crew, agent, conversation, { reply: result.value.reply, attempts: result.value.attempts, open });
    return undefined;
  }
  if (result.error.kind === "refused") {
    if (open.failure !== undefined && isWrongSetUp(crew, open.failure)) throw wrongSetUp(open.failure);
    throw overBudget(crew, conversation, { refusal: result.error.refusal, open });
  }
  return judgeFailure(crew, result.error.failure);
}

interface OpenRequest {
  id: string;
  /** Under which it is asked. */
  readonly held: Pick<Held, "endsAtMs">;
  /** Whose books it is charged to. */
  readonly governor: Governor;
  /** Whether it was refused by a spawned agent's own budget, and the plan's could still pay. */
  ownBudget: boolean;
  reservation: Reservation | undefined;
  /** Its place among the requests of all crews of the key. */
  turn: PaceTurn | undefined;
  /** Why the attempt before failed: a set-up that cannot work outweighs the money its attempts reserved. */
  failure: ModelFailure | undefined;
}

/** The most that is added to what the last reply counted. */
function frameTokens({ runtime }: CrewAgent, bytes: number): number {
  return runtime === "api" ? FRAME_TOKENS + bytes : CLAUDE_FRAME_TOKENS + 2 * bytes;
}

async function reserve(
  crew: Crew,
  agent: CrewAgent,
  conversation: Conversation,
  asked: { request: ModelRequest; open: OpenRequest },
): Promise<Result<void, BudgetRefusal>> {
  asked.open.turn = await takeTurn(crew, conversation);
  stopIfKilled(crew);
  stopIfLate(crew);
  const timeUp = timeUpText(crew, agent, asked.open.held);
  if (timeUp !== undefined) throw new ExecutionStop("BLOCKED", timeUp);
  const tools = conversation.replies === 0 ? Buffer.byteLength(JSON.stringify(asked.request.tools)) : 0;
  const promptTokens = conversation.knownTokens + frameTokens(agent, conversation.bytesSince + tools);
  const worst = worstCase(crew.prices, conversation.model, { promptTokens, maxTokens: asked.request.maxTokens });
  const { governor } = asked.open;
  const reservation = governor.reserve(worst);
  if (!reservation.ok) {
    asked.open.ownBudget = governor !== crew.governor && planCanPay(crew, worst);
    return err(reservation.error);
  }
  asked.open.reservation = reservation.value;
  asked.open.id = `${conversation.id}:r${conversation.requests + 1}`;
  await recordIn(crew.store, conversation, [
    eventAt(placeOf(conversation, currentExecution(conversation)), "MODEL_REQUEST", {
      conversation: conversation.id,
      request: asked.open.id,
      agent: agent.id,
      tier: agent.tier,
      model: conversation.model,
      reserved_usd: worst.usd,
      reserved_tokens: worst.tokens,
    }),
  ]);
  return ok(undefined);
}

/** Waits until the key's rates allow a request. The wait ends with the plan's time, and at once when the run is stopped. */
async function takeTurn(crew: Crew, conversation: Conversation): Promise<PaceTurn | undefined> {
  const { model, id } = conversation;
  return await crew.pace?.turn(model, {
    signal: crew.signal,
    isOver: () => isLate(crew) || isStopped(crew),
    onLongWait: (waitMs) => {
      const seconds = Math.ceil(waitMs / 1_000);
      const message = `${id} waits ${seconds} s: all crews under this key share the rate of ${model}`;
      crew.store.append([
        eventAt(placeOf(conversation, null), "ALERT", {
          severity: "info",
          message,
          to: "executive",
          key: `rate:${id}`,
        }),
      ]);
    },
  });
}

async function recordFailure(
  crew: Crew,
  conversation: Conversation,
  what: { attempt: number; failure: ModelFailure; open: OpenRequest },
): Promise<void> {
  const { attempt, failure, open } = what;
  open.turn?.end();
  crew.pace?.failed(conversation.model, failure);
  await recordIn(crew.store, conversation, [
    eventAt(placeOf(conversation, currentExecution(conversation)), "MODEL_FAILED", {
      conversation: conversation.id,
      request: open.id,
      attempt,
      failure_class: failure.failure_class,
      message: failure.message,
      charged: failure.charged,
    }),
  ]);
  open.failure = failure;
  if (open.reservation === undefined) return;
  if (failure.charged) open.governor.keepCharged(open.reservation);
  else open.governor.release(open.reservation);
  open.reservation = undefined;
}

async function settle(
  crew: Crew,
  agent: CrewAgent,
  conversation: Conversation,
  what: { reply: ModelReply; attempts: number; open: OpenRequest },
): Promise<void> {
  const { reply, attempts, open } = what;
  const { usage } = reply;
  open.turn?.end({ input: usage.input_tokens + usage.cache_creation_input_tokens, output: usage.output_tokens });
  const usd = costOf(crew.prices, conversation.model, reply.usage);
  if (open.reservation !== undefined)
    open.governor.settle(open.reservation, { usd: usd ?? 0, tokens: tokensOf(reply.usage) });
  crew.answered = true;
  const known = new Set(conversation.lastReply?.calls.map((call) => call.id));
  const ids = reply.content.filter(isToolUse).map((call) => call.id);
  await recordIn(crew.store, conversation, [
    eventAt(placeOf(conversation, currentExecution(conversation)), "MODEL_RESPONSE", {
      conversation: conversation.id,
      request: open.id,
      agent: agent.id,
      tier: agent.tier,
      reply: withFreshIds(reply, new Set(ids).size !== ids.length || ids.some((id) => known.has(id)), open.id) as never,
      usd: usd ?? null,
      attempts,
    }),
  ]);
}

/** Servers that repeat tool_use ids would make results ambiguous; such ids are made unique before anything stands on them. */
function withFreshIds(reply: ModelReply, repeated: boolean, request: string): ModelReply {
  if (!repeated) return reply;
  const mark = request.replace(/[^A-Za-z0-9_-]/g, "_");
  const content = reply.content.map((block, index) =>
    isToolUse(block) ? { ...block, id: `${mark}_${index}` } : block,
  );
  return { ...reply, content };
}

/** The plan's budget ends the session; that of a spawned agent ends its conversation alone. */
function overBudget(
  crew: Crew,
  conversation: Conversation,
  what: { refusal: BudgetRefusal; open: OpenRequest },
): RunStop | ExecutionStop {
  const { refusal, open } = what;
  crew.store.append([
    eventAt(placeOf(conversation, currentExecution(conversation)), "BUDGET_REFUSED", {
      what: conversation.id,
      needed: refusal.needed ?? 0,
      left: refusal.left,
      unit: refusal.unit,
    }),
  ]);
  if (!open.ownBudget) return new RunStop(5, `over budget: ${refusal.message}`);
  noteSpent(conversation, refusal.message);
  return new ExecutionStop("BLOCKED", refusal.message);
}

function isLate({ endsAtMs, clock }: Crew): boolean {
  return endsAtMs !== null && clock.nowMs() >= endsAtMs;
}

function stopIfLate(crew: Crew): void {
  if (isLate(crew)) throw new RunStop(5, "over budget: the plan's wallClock is used up");
}
