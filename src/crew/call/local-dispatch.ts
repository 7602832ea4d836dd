import type { AttemptContext, AttemptFailure } from "../../dispatch/attempt.js";
import { dispatch, type HostAttempt } from "../../dispatch/dispatch.js";
import type { Judgement } from "../../gate/facts.js";
import { err, ok, type Result } from "../../kernel/result.js";
import type { Proposal } from "../../schema/proposal.js";
import type { DispatchResult, RolloutMode } from "../../schema/result.js";
import type { Crew } from "../state/context.js";
import { isStopped } from "../state/stop.js";

/** This machine, as responses name it. */
export const LOCAL_HOST = "local";
/** Characters of a failed call's text that its response quotes. */
const MAX_FAILURE_CHARS = 500;

/** A decided call on this machine. */
export interface LocalCall {
  readonly proposal: Proposal;
  readonly judgement: Pick<Judgement, "verdict" | "permit">;
  readonly dryRun?: boolean;
}

/** What a call carried out says to who made it. */
interface Said {
  readonly content: string;
  readonly isError: boolean;
}

/**
 * Dispatches a call on this machine, the one way there for agents, clients, people and worknode itself. A permit is good for one use, so
 * what failed here is not tried again under it. `outcome` is undefined where nothing was carried out: not approved, a dry
 * run, or killed. Throws what `act` throws.
 */
export async function dispatchHere<T extends Said>(
  { proposal, judgement, dryRun = false }: LocalCall,
  options: { mode: RolloutMode } & AttemptContext,
  act: (at: HostAttempt) => Promise<T>,
): Promise<{ dispatch: DispatchResult; outcome: T | undefined }> {
  const done: { outcome?: T; thrown?: { reason: unknown } } = {};
  const run = async (at: HostAttempt): Promise<Result<T, AttemptFailure>> => {
    try {
      done.outcome = await act(at);
    } catch (reason) {
      done.thrown = { reason };
      return err({ class: "stopped", message: "the call did not end" });
    }
    const { isError, content } = done.outcome;
    return isError ? err({ class: "tool_error", message: content.slice(0, MAX_FAILURE_CHARS) }) : ok(done.outcome);
  };
  const { result } = await dispatch(
    {
      verdict: judgement.verdict,
      permit: judgement.permit,
      scope: { callId: proposal.call_id, argsHash: proposal.what.args_hash },
      intent: proposal.what.tool,
      hosts: [LOCAL_HOST],
      actsOn: "worktree",
      dryRun,
      run,
    },
    options,
  );
  if (done.thrown !== undefined) throw done.thrown.reason;
  return { dispatch: result, outcome: done.outcome };
}

/** What dispatch needs to know of a crew; an interruption ends a call as the kill switch does. */
export function circumstances(crew: Crew): { mode: RolloutMode } & AttemptContext {
  const { clock, mode, signal } = crew;
  return { clock, mode, signal, isKilled: () => isStopped(crew) };
}
