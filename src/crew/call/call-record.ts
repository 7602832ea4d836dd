import type { ToolResult } from "../../effect/tool/read-tool.js";
import type { Judgement } from "../../gate/facts.js";
import { MAX_TOOL_RESULT_CHARS } from "../../kernel/bounds.js";
import type { CommandResult, Effects } from "../../schema/effect.js";
import type { AnyNewEvent } from "../../schema/event.js";
import type { Proposal } from "../../schema/proposal.js";
import type { DispatchResult } from "../../schema/result.js";
import { READING_TOOLS } from "../../schema/tool.js";
import type { Denial } from "../../schema/verdict.js";
import type { Crew } from "../state/context.js";
import { eventAt, type Place } from "../state/records.js";
import type { CallPlace } from "./facts.js";

/** A call on its way: who asks is in the proposal, where it acts in the place. */
export interface CallRequest {
  readonly proposal: Proposal;
  readonly place: CallPlace;
  readonly records: Place;
  readonly toolUseId: string;
  /** What was dropped from the input, for the caller to read after the result. */
  readonly note?: string;
  /** Judge only: nothing is carried out and no result is recorded. */
  readonly dryRun?: boolean;
  /** Gets the sign-offs a proposal still needs and judges it again; without it such a call is refused. */
  review?(request: CallRequest, first: Judgement): Promise<Judgement>;
  /** Appends events; a conversation folds them as well. */
  append(events: readonly AnyNewEvent[]): Promise<void>;
  /**
   * Has events recorded a little later, with the next ones: for a look that a crash would simply repeat, and for a kept
   * write whose journal stays until `recorded` is called.
   */
  defer?(events: readonly AnyNewEvent[], recorded?: () => void): void;
}

/** Whether a call only looks, and nobody waits for its record. */
function isLook(request: CallRequest): boolean {
  return request.defer !== undefined && request.dryRun !== true && READING_TOOLS.has(request.proposal.what.tool);
}

/** Records the events of a call; those of an approved look in one transaction with what comes next. */
export async function recordCall(request: CallRequest, events: readonly AnyNewEvent[]): Promise<void> {
  if (isLook(request)) request.defer?.(events);
  else await request.append(events);
}

/** What became of a call, by whichever way it was made. */
export interface CallOutcome extends CarriedOut {
  readonly judgement: Judgement;
  /** The response of source 002. */
  readonly dispatch: DispatchResult;
}

/** What a call said and did. */
export interface CarriedOut {
  readonly content: string;
  readonly isError: boolean;
  readonly effects: Effects | undefined;
  /** Why effects were discarded, or what the call asked for was refused, in full. */
  readonly denials?: readonly Denial[];
  /** What a command said; undefined for other tools. */
  readonly command?: CommandResult;
  /** Exit code of the fault that ended it (DESIGN §13); undefined where the call was carried out, whatever came of it. */
  readonly fault?: number;
}

/** What a tool that writes no file gives: its result, events that belong to it, and the rule that what it asks for breaks. */
export type ToolRun = ToolResult & { events: AnyNewEvent[]; denial?: Denial };

/** The result of a call as recorded, with whether it was done as it should (S0:80-83). */
export function resultEvent(request: CallRequest, result: ToolResult, why: string): AnyNewEvent {
  return eventAt(request.records, "TOOL_RESULT", {
    call_id: request.proposal.call_id,
    tool_use_id: request.toolUseId,
    content: clip(`${result.content}${request.note ?? ""}`),
    is_error: result.is_error,
    verification: {
      succeeded: !result.is_error,
      outcomeCorrect: !result.is_error,
      retry: { should: false, why },
    },
  });
}

/** A result cut to what a model is given. */
export function clip(content: string): string {
  if (content.length <= MAX_TOOL_RESULT_CHARS) return content;
  return `${content.slice(0, MAX_TOOL_RESULT_CHARS)}\n(cut: ${content.length - MAX_TOOL_RESULT_CHARS} characters more)`;
}

/**
 * A violation and its notice to the executive, to be recorded in one transaction (S3:86-90). The same reach for the
 * same thing is told once in a cycle: what repeats is counted by its violations, and no flood of alerts.
 */
export function violationEvents(crew: Crew, at: Reach, denial: Denial): AnyNewEvent[] {
  const { records, proposal } = at;
  const { code, rule, subject, object, message } = denial;
  crew.violatedAtMs.set(proposal.who.agent, crew.clock.nowMs());
  const key = `${subject}:${rule}:${object}`;
  const alert = {
    severity: "warning" as const,
    message: `${subject} was denied ${proposal.what.tool} ${object}: ${code} ${message}`,
    to: "executive" as const,
    key,
  };
  const told = crew.store.queries.hasAlert(crew.cycle, key);
  return [violationEvent(at, denial), ...(told ? [] : [eventAt(records, "ALERT", alert)])];
}

/**
 * The violations among what was refused of one command: each thing by the first rule that refused it, and of each rule the
 * first thing, as a command may do thousands.
 */
export function violationsOf(denials: readonly Denial[]): Denial[] {
  const things = new Set<string>();
  const rules = new Map<string, Denial>();
  for (const denial of denials.filter(({ violation }) => violation)) {
    if (things.has(denial.object)) continue;
    things.add(denial.object);
    if (!rules.has(denial.rule)) rules.set(denial.rule, denial);
  }
  return [...rules.values()];
}

/** What was asked, and where it is recorded. */
type Reach = Pick<CallRequest, "records" | "proposal">;

/** The violation alone. */
export function violationEvent({ records, proposal }: Reach, denial: Denial): AnyNewEvent {
  const { code, rule, subject, object, message, remedy } = denial;
  const violation = { call_id: proposal.call_id, code, rule, subject, object, message, remedy };
  return eventAt(records, "SECURITY_VIOLATION", violation);
}
