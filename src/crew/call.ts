import { globTool } from "../effect/glob-tool.js";
import { grepTool } from "../effect/grep-tool.js";
import type { Prepared } from "../effect/prepared.js";
import { readFileTool } from "../effect/read-tool.js";
import type { Judgement } from "../gate/facts.js";
import type { Permit } from "../gate/permit.js";
import { InvariantError } from "../kernel/assert.js";
import { Fault } from "../kernel/fault.js";
import type { AnyNewEvent } from "../schema/event.js";
import { isToolName, toolInputSchemas } from "../schema/tool.js";
import { stopIfKilled } from "./ask.js";
import {
  type CallOutcome,
  type CallRequest,
  clip,
  recordCall,
  resultEvent,
  type ToolRun,
  violationEvents,
} from "./call-record.js";
import { runCommand } from "./command-call.js";
import type { Crew } from "./context.js";
import { coordinate } from "./coordinate.js";
import { renderDenials } from "./denial-text.js";
import { judgeCall } from "./facts.js";
import { eventAt } from "./records.js";
import { keepAllowed } from "./write-call.js";

/** Drops unknown members of a known tool's input, and says which. */
export function trimInput(
  tool: string,
  input: Record<string, unknown>,
): { args: Record<string, unknown>; note: string } {
  if (!isToolName(tool)) return { args: input, note: "" };
  const known = Object.keys(toolInputSchemas[tool].shape);
  const unknown = Object.keys(input).filter((name) => !known.includes(name));
  if (unknown.length === 0) return { args: input, note: "" };
  const args = Object.fromEntries(Object.entries(input).filter(([name]) => known.includes(name)));
  return { args, note: `\nIgnored unknown fields: ${unknown.join(", ").slice(0, 200)}.` };
}

/**
 * Takes one call through the whole path: facts → gate → (review) → effect → verification → record.
 * The proposal and its verdict are recorded before anything is done; the effect and what the caller is
 * told are recorded in one transaction.
 */
export async function performCall(crew: Crew, request: CallRequest): Promise<CallOutcome> {
  stopIfKilled(crew);
  const { proposal } = request;
  const first = await judgeCall(crew, proposal, request.place);
  let { judgement } = first;
  await recordJudgement(crew, request, judgement);
  if (request.review !== undefined && awaitsReview(judgement)) {
    judgement = await request.review(request, judgement);
    await recordJudgement(crew, request, judgement, "reviewed");
  }
  if (judgement.permit === undefined) return await denied(request, judgement);
  if (request.dryRun === true) return { judgement, content: "", isError: false, effects: undefined };
  stopIfKilled(crew);
  return await carryOut(crew, request, { judgement, permit: judgement.permit, prepared: first.prepared });
}

/** Whether nothing but sign-offs is missing. */
function awaitsReview({ requires, verdict }: Judgement): boolean {
  return requires.length > 0 && verdict.outcome === "EscalationRequired";
}

/** Proposal and verdict, and in the same transaction a violation with its notice to the executive (S3:86-90). */
async function recordJudgement(
  crew: Crew,
  request: CallRequest,
  judgement: Judgement,
  mode: "auto" | "reviewed" = "auto",
): Promise<void> {
  const { proposal, records } = request;
  const events: AnyNewEvent[] = mode === "auto" ? [eventAt(records, "PROPOSAL", proposal)] : [];
  const { id: capability, exp } = request.place.held.minted.capability;
  const under = { capability, at: crew.clock.nowMs(), exp };
  events.push(eventAt(records, "VERDICT", { ...judgement.verdict, call_id: proposal.call_id, mode, under }));
  const violation = judgement.denials.find((denial) => denial.violation);
  if (violation !== undefined && mode === "auto") {
    events.push(...violationEvents(crew, request, violation));
  }
  if (judgement.permit === undefined) await request.append(events);
  else await recordCall(request, events);
}

async function denied(request: CallRequest, judgement: Judgement): Promise<CallOutcome> {
  const content = renderDenials(judgement.denials);
  if (request.dryRun !== true)
    await request.append([resultEvent(request, { content, is_error: true }, "the gate denied it")]);
  return { judgement, content, isError: true, effects: undefined };
}

interface Approved {
  judgement: Judgement;
  permit: Permit;
  prepared: Prepared | undefined;
}

async function carryOut(crew: Crew, request: CallRequest, approved: Approved): Promise<CallOutcome> {
  const { judgement, permit, prepared } = approved;
  try {
    if (prepared !== undefined)
      return await keepAllowed(crew, request, { judgement, permit, prepared, content: doneText(request, prepared) });
    if (request.proposal.what.tool === "Bash") return await runCommand(crew, request, { judgement, permit });
    const result = await runTool(crew, request, permit);
    await recordCall(request, [...result.events, resultEvent(request, result, "nothing to retry")]);
    return { judgement, content: clip(result.content), isError: result.is_error, effects: undefined };
  } catch (thrown) {
    if (!(thrown instanceof Fault) || thrown instanceof InvariantError || thrown.code.startsWith("STORE_"))
      throw thrown;
    const content = `The call failed (${thrown.code}): ${thrown.message}`;
    await request.append([resultEvent(request, { content, is_error: true }, thrown.retry)]);
    return { judgement, content, isError: true, effects: undefined };
  }
}

function doneText({ proposal }: CallRequest, { changes }: Prepared): string {
  return `${proposal.what.tool} done: ${changes.map(({ path }) => path).join(", ")}`;
}

async function runTool(crew: Crew, request: CallRequest, permit: Permit): Promise<ToolRun> {
  const { tool, args } = request.proposal.what;
  const workspace = request.place.workspace;
  const call = { callId: request.proposal.call_id, args: args as never };
  const look = { Read: readFileTool, Glob: globTool, Grep: grepTool }[tool];
  if (look === undefined) return await coordinate(crew, request);
  if (workspace === undefined) return { content: "There is no workspace to look at.", is_error: true, events: [] };
  return { ...(await look(permit, workspace, call)), events: [] };
}
