import type { Judgement } from "../../gate/facts.js";
import { recordable } from "../../kernel/canonical.js";
import type { AnyNewEvent } from "../../schema/event.js";
import { isToolName, toolInputSchemas } from "../../schema/tool.js";
import type { Crew } from "../state/context.js";
import { renderDenials } from "../state/denial-text.js";
import { stopIfLost } from "../state/lost-place.js";
import { eventAt } from "../state/records.js";
import { stopIfKilled } from "../state/stop.js";
import {
  type CallOutcome,
  type CallRequest,
  type CarriedOut,
  recordCall,
  resultEvent,
  violationEvents,
} from "./call-record.js";
import { carryOut } from "./carry-out.js";
import { judgeCall } from "./facts.js";
import { circumstances, dispatchHere } from "./local-dispatch.js";
import { type Intent, intentOf } from "./logged-writes.js";

/** Drops unknown members of a known tool's input, and says which. What cannot be recorded is null, which no tool takes. */
export function trimInput(
  tool: string,
  input: Record<string, unknown>,
): { args: Record<string, unknown>; note: string } {
  if (!isToolName(tool)) return { args: recordable(input) as Record<string, unknown>, note: "" };
  const known = Object.keys(toolInputSchemas[tool].shape);
  const unknown = Object.keys(input).filter((name) => !known.includes(name));
  const kept = Object.entries(input).filter(([name]) => known.includes(name));
  const args = recordable(Object.fromEntries(kept)) as Record<string, unknown>;
  return unknown.length === 0
    ? { args, note: "" }
    : { args, note: `\nIgnored unknown fields: ${unknown.join(", ").slice(0, 200)}.` };
}

/**
 * Takes one call through the whole path: facts → gate → (review) → dispatch → effect → verification → record.
 * The proposal and its verdict are recorded before anything is done; the effect and what the caller is
 * told are recorded in one transaction.
 */
export async function performCall(crew: Crew, request: CallRequest): Promise<CallOutcome> {
  stopIfKilled(crew);
  stopIfLost(request.place.workspace);
  const { proposal, dryRun = false } = request;
  const first = await judgeCall(crew, proposal, request.place);
  let { judgement } = first;
  const intent = intentOf(crew, request, first.prepared);
  await recordJudgement(crew, request, { judgement, mode: "auto", intent });
  if (request.review !== undefined && awaitsReview(judgement)) {
    judgement = await request.review(request, judgement);
    await recordJudgement(crew, request, { judgement, mode: "reviewed", intent });
  }
  const { dispatch, outcome } = await dispatchHere({ proposal, judgement, dryRun }, circumstances(crew), (at) =>
    carryOut(crew, request, { ...at, judgement, prepared: first.prepared, logged: intent !== undefined }),
  );
  if (outcome !== undefined) return { ...outcome, judgement, dispatch };
  if (judgement.permit === undefined) return { ...(await denied(request, judgement)), judgement, dispatch };
  if (!dryRun) stopIfKilled(crew);
  return { content: "", isError: false, effects: undefined, judgement, dispatch };
}

/** Whether nothing but sign-offs is missing. */
function awaitsReview({ requires, verdict }: Judgement): boolean {
  return requires.length > 0 && verdict.outcome === "EscalationRequired";
}

/** Proposal and verdict, and in the same transaction a violation with its notice to the executive (S3:86-90). */
async function recordJudgement(
  crew: Crew,
  request: CallRequest,
  { judgement, mode, intent }: { judgement: Judgement; mode: "auto" | "reviewed"; intent: Intent | undefined },
): Promise<void> {
  const { proposal, records } = request;
  const events: AnyNewEvent[] = mode === "auto" ? [eventAt(records, "PROPOSAL", proposal)] : [];
  const { id: capability, exp } = request.place.held.minted.capability;
  const under = { capability, at: crew.clock.nowMs(), exp };
  const keeps = judgement.permit === undefined || intent === undefined ? {} : { keeps: intent };
  events.push(eventAt(records, "VERDICT", { ...judgement.verdict, call_id: proposal.call_id, mode, under, ...keeps }));
  const violation = judgement.denials.find((denial) => denial.violation);
  if (violation !== undefined && mode === "auto") {
    events.push(...violationEvents(crew, request, violation));
  }
  if (judgement.permit === undefined) await request.append(events);
  else await recordCall(request, events);
}

async function denied(request: CallRequest, judgement: Judgement): Promise<CarriedOut> {
  const content = renderDenials(judgement.denials);
  if (request.dryRun !== true)
    await request.append([resultEvent(request, { content, is_error: true }, "the gate denied it")]);
  return { content, isError: true, effects: undefined };
}
