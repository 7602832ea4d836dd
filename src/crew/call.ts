import { globTool } from "../effect/glob-tool.js";
import { grepTool } from "../effect/grep-tool.js";
import { keepChanges } from "../effect/keep.js";
import type { Prepared } from "../effect/prepared.js";
import { readFileTool, type ToolResult } from "../effect/read-tool.js";
import type { TaskWorkspace } from "../effect/workspace.js";
import type { Judgement } from "../gate/facts.js";
import { judge } from "../gate/judge.js";
import type { Permit } from "../gate/permit.js";
import { InvariantError } from "../kernel/assert.js";
import { MAX_TOOL_RESULT_CHARS } from "../kernel/bounds.js";
import { Fault } from "../kernel/fault.js";
import type { Change, Effects } from "../schema/effect.js";
import type { AnyNewEvent } from "../schema/event.js";
import type { Proposal } from "../schema/proposal.js";
import { isToolName, toolInputSchemas } from "../schema/tool.js";
import type { Denial } from "../schema/verdict.js";
import { renderDenials } from "./denial-text.js";
import { stopIfKilled } from "./ask.js";
import type { Crew } from "./context.js";
import { coordinate } from "./coordinate.js";
import { type CallPlace, gatherFacts } from "./facts.js";
import { eventAt, type Place } from "./records.js";

/** A call on its way: who asks is in the proposal, where it acts in the place. */
export interface CallRequest {
  readonly proposal: Proposal;
  readonly place: CallPlace;
  readonly records: Place;
  readonly toolUseId: string;
  /** Judge only: nothing is carried out and no result is recorded. */
  readonly dryRun?: boolean;
  /** Gets the sign-offs a proposal still needs and judges it again; without it such a call is refused. */
  review?(request: CallRequest, first: Judgement): Promise<Judgement>;
  /** Appends events; a conversation folds them as well. */
  append(events: readonly AnyNewEvent[]): void;
}

/** What became of a call. */
export interface CallOutcome {
  readonly judgement: Judgement;
  readonly content: string;
  readonly isError: boolean;
  readonly effects: Effects | undefined;
}

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
  return { args, note: `Ignored unknown fields: ${unknown.join(", ").slice(0, 200)}.\n` };
}

/**
 * Takes one call through the whole path: facts → gate → (review) → effect → verification → record.
 * The proposal and its verdict are recorded before anything is done; the effect and what the caller is
 * told are recorded in one transaction.
 */
export async function performCall(crew: Crew, request: CallRequest): Promise<CallOutcome> {
  stopIfKilled(crew);
  const { proposal } = request;
  const { facts, prepared } = await gatherFacts(crew, proposal, request.place);
  let judgement = judge(proposal, facts);
  recordJudgement(crew, request, judgement);
  if (request.review !== undefined && awaitsReview(judgement)) {
    judgement = await request.review(request, judgement);
    recordJudgement(crew, request, judgement, "reviewed");
  }
  if (judgement.permit === undefined) return denied(request, judgement);
  if (request.dryRun === true) return { judgement, content: "", isError: false, effects: undefined };
  stopIfKilled(crew);
  return await carryOut(crew, request, { judgement, permit: judgement.permit, prepared });
}

/** Whether nothing but sign-offs is missing. */
function awaitsReview({ requires, verdict }: Judgement): boolean {
  return requires.length > 0 && verdict.outcome === "EscalationRequired";
}

/** Proposal and verdict, and in the same transaction a violation with its notice to the executive (S3:86-90). */
function recordJudgement(
  crew: Crew,
  request: CallRequest,
  judgement: Judgement,
  mode: "auto" | "reviewed" = "auto",
): void {
  const { proposal, records } = request;
  const events: AnyNewEvent[] = mode === "auto" ? [eventAt(records, "PROPOSAL", proposal)] : [];
  events.push(eventAt(records, "VERDICT", { ...judgement.verdict, call_id: proposal.call_id, mode }));
  const violation = judgement.denials.find((denial) => denial.violation);
  if (violation !== undefined && mode === "auto") {
    events.push(...violationEvents(records, proposal, violation));
    crew.violatedAtMs.set(proposal.who.agent, crew.clock.nowMs());
  }
  request.append(events);
}

function violationEvents(records: Place, proposal: Proposal, denial: Denial): AnyNewEvent[] {
  const { code, rule, subject, object, message, remedy } = denial;
  const alert = `${subject} was denied ${proposal.what.tool} ${object}: ${code} ${message}`;
  return [
    eventAt(records, "SECURITY_VIOLATION", { call_id: proposal.call_id, code, rule, subject, object, message, remedy }),
    eventAt(records, "ALERT", {
      severity: "warning",
      message: alert,
      to: "executive",
      key: `${subject}:${rule}:${object}`,
    }),
  ];
}

function denied(request: CallRequest, judgement: Judgement): CallOutcome {
  const content = renderDenials(judgement.denials);
  if (request.dryRun !== true)
    request.append([resultEvent(request, { content, is_error: true }, "the gate denied it")]);
  return { judgement, content, isError: true, effects: undefined };
}

function resultEvent(request: CallRequest, result: ToolResult, why: string): AnyNewEvent {
  return eventAt(request.records, "TOOL_RESULT", {
    call_id: request.proposal.call_id,
    tool_use_id: request.toolUseId,
    content: clip(result.content),
    is_error: result.is_error,
    verification: {
      succeeded: !result.is_error,
      outcomeCorrect: !result.is_error,
      retry: { should: false, why },
    },
  });
}

function clip(content: string): string {
  if (content.length <= MAX_TOOL_RESULT_CHARS) return content;
  return `${content.slice(0, MAX_TOOL_RESULT_CHARS)}\n(cut: ${content.length - MAX_TOOL_RESULT_CHARS} characters more)`;
}

interface Approved {
  judgement: Judgement;
  permit: Permit;
  prepared: Prepared | undefined;
}

async function carryOut(crew: Crew, request: CallRequest, approved: Approved): Promise<CallOutcome> {
  const { judgement, permit, prepared } = approved;
  try {
    if (prepared !== undefined) return await write(crew, request, { judgement, permit, prepared });
    const result = await runTool(crew, request, permit);
    request.append([...result.events, resultEvent(request, result, "nothing to retry")]);
    return { judgement, content: clip(result.content), isError: result.is_error, effects: undefined };
  } catch (thrown) {
    if (!(thrown instanceof Fault) || thrown instanceof InvariantError || thrown.code.startsWith("STORE_"))
      throw thrown;
    const content = `The call failed (${thrown.code}): ${thrown.message}`;
    request.append([resultEvent(request, { content, is_error: true }, thrown.retry)]);
    return { judgement, content, isError: true, effects: undefined };
  }
}

async function write(
  crew: Crew,
  request: CallRequest,
  approved: Approved & { prepared: Prepared },
): Promise<CallOutcome> {
  const { judgement, permit, prepared } = approved;
  const { records, proposal } = request;
  const workspace = request.place.workspace as TaskWorkspace;
  const call_id = proposal.call_id;
  if (crew.mode === "off") {
    const changes = prepared.changes.map(toChange);
    const content = "Rehearsal: approved, and not kept because the mode is off.";
    const discard = eventAt(records, "EFFECT_DISCARDED", { call_id, changes, refused: [], reason: "rehearsal" });
    request.append([discard, resultEvent(request, { content, is_error: false }, "rehearsal")]);
    return { judgement, content, isError: false, effects: { kept: false, changes, refused: [] } };
  }
  const paths = prepared.changes.map(({ path }) => path).join(", ");
  const content = `${proposal.what.tool} done: ${paths}`;
  const kept = await keepChanges(
    permit,
    workspace,
    {
      callId: call_id,
      prepared,
      result: { content, tool_use_id: request.toolUseId },
      record: (changes: readonly Change[]) => {
        const event = eventAt(records, "EFFECT_KEPT", { call_id, changes: [...changes] });
        request.append([event, resultEvent(request, { content, is_error: false }, "kept as judged")]);
      },
    },
    { clock: crew.clock },
  );
  if (kept.ok)
    return { judgement, content, isError: false, effects: { kept: true, changes: [...kept.value], refused: [] } };
  const changes = prepared.changes.map(toChange);
  const refused = changes.map(({ path, kind }) => ({ path, kind, rule: "lost-update" }));
  const discard = eventAt(records, "EFFECT_DISCARDED", { call_id, changes, refused, reason: kept.error });
  request.append([discard, resultEvent(request, { content: kept.error, is_error: true }, kept.error)]);
  return { judgement, content: kept.error, isError: true, effects: { kept: false, changes, refused } };
}

function toChange(change: {
  path: string;
  kind: "add" | "modify" | "mode";
  before: string | null;
  after: string;
}): Change {
  const { path, kind, before, after } = change;
  return { path, kind, before, after };
}

/** What a tool that writes no file gives: its result, and events that belong to it. */
export type ToolRun = ToolResult & { events: AnyNewEvent[] };

async function runTool(crew: Crew, request: CallRequest, permit: Permit): Promise<ToolRun> {
  const { tool, args } = request.proposal.what;
  const workspace = request.place.workspace;
  const call = { callId: request.proposal.call_id, args: args as never };
  const look = { Read: readFileTool, Glob: globTool, Grep: grepTool }[tool];
  if (look === undefined) return await coordinate(crew, request);
  if (workspace === undefined) return { content: "There is no workspace to look at.", is_error: true, events: [] };
  return { ...(await look(permit, workspace, call)), events: [] };
}
