import type { Crew } from "./context.js";

/**
 * Ends a whole session in good order: everything recorded, everything resumable. `exitCode` is the
 * process's (DESIGN §13). Thrown through the executions that are under way; each still ends in END.
 */
export class RunStop extends Error {
  readonly exitCode: number;
  /** What END says of the execution it ended: the call is free to run again. */
  readonly outcome = "CANCELLED";
  constructor(exitCode: number, reason: string) {
    super(reason);
    this.name = "RunStop";
    this.exitCode = exitCode;
  }
}

/** Parks one task until a person has decided; the others go on. */
export class TaskPark extends Error {
  readonly outcome = "BLOCKED";
  /** The approval it waits for. */
  readonly approval: string;
  constructor(approval: string, reason: string) {
    super(reason);
    this.name = "TaskPark";
    this.approval = approval;
  }
}

/** A wait looks this often (ms) whether the session was stopped meanwhile. */
const LOOK_MS = 1_000;

/** What stops the session: a person killed or interrupted it, or its log is gone, as what cannot be recorded is not done. */
function stopOf({ store, epoch, signal }: Crew): RunStop | undefined {
  if (store.epoch() > epoch) return new RunStop(130, "killed: a person used `worknode kill`; state is kept");
  if (signal.aborted) return new RunStop(130, "interrupted");
  if (store.isInPlace()) return undefined;
  return new RunStop(1, `the log ${store.path} was removed or replaced: nothing more is done that it cannot hold`);
}

/** Whether the session is to stop. */
export function isStopped(crew: Crew): boolean {
  return stopOf(crew) !== undefined;
}

/** Throws RunStop where the session is to stop. Asked before every request and every effect. */
export function stopIfKilled(crew: Crew): void {
  const stop = stopOf(crew);
  if (stop !== undefined) throw stop;
}

/** Waits (ms). Throws RunStop as soon as the session is stopped; the wait ends early, too, when the plan's time is over. */
export async function waitUnlessStopped(crew: Crew, ms: number): Promise<void> {
  const { clock, signal, endsAtMs } = crew;
  const waitMs = Math.min(ms, (endsAtMs ?? Number.POSITIVE_INFINITY) - clock.nowMs());
  for (let waitedMs = 0; waitedMs < waitMs; waitedMs += LOOK_MS) {
    stopIfKilled(crew);
    try {
      await clock.sleep(Math.min(waitMs - waitedMs, LOOK_MS), signal);
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    }
  }
  stopIfKilled(crew);
}
