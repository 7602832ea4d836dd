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

/** The kill switch is read before every request and every effect. */
export function stopIfKilled(crew: Crew): void {
  if (crew.store.epoch() > crew.epoch) throw new RunStop(130, "killed: a person used `worknode kill`; state is kept");
  if (crew.signal.aborted) throw new RunStop(130, "interrupted");
}
