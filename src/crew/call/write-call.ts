import type { HostAttempt } from "../../dispatch/dispatch.js";
import { keepChanges } from "../../effect/keep/keep.js";
import { keepLogged } from "../../effect/keep/keep-logged.js";
import type { KeepChange, Prepared } from "../../effect/keep/prepared.js";
import type { TaskWorkspace } from "../../effect/workspace/workspace.js";
import type { Result } from "../../kernel/result.js";
import type { Change, CommandResult, RefusedChange } from "../../schema/effect.js";
import { WRITING_TOOLS } from "../../schema/tool.js";
import type { Crew } from "../state/context.js";
import { stopIfLost } from "../state/lost-place.js";
import { eventAt } from "../state/records.js";
import { type CallRequest, type CarriedOut, resultEvent } from "./call-record.js";
import { holdsCapability } from "./facts.js";

/** Why nothing is kept of what was approved before its agent's capability ended. */
const OVER = "The agent's capability ended before the call was kept: nothing of it is.";

/** Effects the gate allowed, and what the caller is told when they are kept. */
export interface Allowed extends Pick<HostAttempt, "permit" | "keeps"> {
  readonly prepared: Pick<Prepared, "argsHash" | "changes">;
  readonly content: string;
  readonly command?: CommandResult;
  /** Keeps what goes with the changes and is no file of the worktree: called when they are kept, before that is recorded. */
  readonly alongside?: () => Promise<void>;
  /** Whether the verdict on record holds what is to be kept: the log is then the journal. */
  readonly logged?: boolean;
}

/**
 * Keeps what was judged, whole, or nothing of it in a rehearsal, and nothing where the capability ended after the verdict:
 * its agent was terminated, or everything killed. Throws the faults of `keepChanges`.
 */
export async function keepAllowed(crew: Crew, request: CallRequest, allowed: Allowed): Promise<CarriedOut> {
  const { prepared, content } = allowed;
  const told = prepared.changes.map(toChange);
  stopIfLost(request.place.workspace);
  if (!holdsCapability(crew, request.place.held)) {
    const refused = told.map(({ path, kind }) => ({ path, kind, rule: "capability" }));
    return await discarded(request, allowed, { changes: told, refused, reason: OVER, content: OVER });
  }
  if (!allowed.keeps) {
    const rehearsed = `Rehearsal: approved, and not kept because the mode is off.\n${content}`;
    return await discarded(request, allowed, { changes: told, refused: [], reason: "rehearsal", content: rehearsed });
  }
  const kept = allowed.logged === true ? await keepInLog(request, allowed) : await keepFiles(request, allowed);
  if (kept.ok) return outcome(allowed, content, { kept: true, changes: [...kept.value], refused: [] });
  const refused = told.map(({ path, kind }) => ({ path, kind, rule: "lost-update" }));
  return await discarded(request, allowed, { changes: told, refused, reason: kept.error, content: kept.error });
}

type Kept = Promise<Result<readonly Change[], string>>;

async function keepFiles(request: CallRequest, allowed: Allowed): Kept {
  const { permit, prepared, content } = allowed;
  const keep = {
    callId: request.proposal.call_id,
    prepared,
    result: { content, tool_use_id: request.toolUseId },
    record: async (changes: readonly Change[]) => {
      await allowed.alongside?.();
      await request.append(keptEvents(request, changes, content));
    },
    ...(isPutOff(request)
      ? {
          defer: (changes: readonly Change[], recorded: () => void) =>
            request.defer?.(keptEvents(request, changes, content), recorded),
        }
      : {}),
  };
  return await keepChanges(permit, request.place.workspace as TaskWorkspace, keep);
}

/** A write whose decision is on record needs no journal: after a crash it is finished from the log. */
async function keepInLog(request: CallRequest, { permit, prepared, content }: Allowed): Kept {
  const write = { callId: request.proposal.call_id, prepared };
  const kept = await keepLogged(permit, request.place.workspace as TaskWorkspace, write);
  if (!kept.ok) return kept;
  const events = keptEvents(request, kept.value, content);
  if (request.defer === undefined) await request.append(events);
  else request.defer(events);
  return kept;
}

/** Whether what was kept is recorded with the next request; its proposal and verdict are on record already. */
function isPutOff(request: CallRequest): boolean {
  return request.defer !== undefined && WRITING_TOOLS.has(request.proposal.what.tool);
}

function keptEvents(
  request: CallRequest,
  changes: readonly Change[],
  content: string,
): Parameters<CallRequest["append"]>[0] {
  const call_id = request.proposal.call_id;
  const event = eventAt(request.records, "EFFECT_KEPT", { call_id, changes: [...changes] });
  return [event, resultEvent(request, { content, is_error: false }, "kept as judged")];
}

interface Discarded {
  readonly changes: Change[];
  readonly refused: RefusedChange[];
  readonly reason: string;
  readonly content: string;
}

async function discarded(request: CallRequest, allowed: Allowed, what: Discarded): Promise<CarriedOut> {
  const { changes, refused, reason, content } = what;
  const call_id = request.proposal.call_id;
  const isError = refused.length > 0;
  await request.append([
    eventAt(request.records, "EFFECT_DISCARDED", { call_id, changes, refused, reason }),
    resultEvent(request, { content, is_error: isError }, reason),
  ]);
  return { ...outcome(allowed, content, { kept: false, changes, refused }), isError };
}

function outcome(allowed: Allowed, content: string, effects: CarriedOut["effects"]): CarriedOut {
  const { command } = allowed;
  return { content, isError: false, effects, ...(command === undefined ? {} : { command }) };
}

function toChange({ path, kind, before, after }: KeepChange): Change {
  return { path, kind, before, after };
}
