import type { TaskWorkspace } from "../../effect/workspace/workspace.js";
import type { AnyNewEvent } from "../../schema/event.js";
import type { PlanTask } from "../../schema/plan-task.js";
import type { TaskStatus } from "../../schema/states.js";
import type { Crew } from "./context.js";
import { eventAt, type Place, taskStream } from "./records.js";
import type { TaskState } from "./task-state.js";

/** A task under way. */
export interface TaskRun {
  readonly task: PlanTask;
  readonly phase: string;
  readonly state: TaskState;
  readonly workspace: TaskWorkspace;
  readonly place: Place;
}

/** A step that ended the task: a check that says stop, a gate turned down. */
export class TaskFailure extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "TaskFailure";
  }
}

/** Sets a task's status, recorded together with what others record meanwhile. */
export async function setStatus(crew: Crew, task: string, status: TaskStatus, why: StatusChange = {}): Promise<void> {
  await crew.store.commit(statusEvents(crew, task, status, why));
  crew.statuses.set(task, status);
}

/** Sets a task's status, recorded at once. */
export function setStatusNow(crew: Crew, task: string, status: TaskStatus, why: StatusChange = {}): void {
  crew.store.append(statusEvents(crew, task, status, why));
  crew.statuses.set(task, status);
}

function statusEvents(crew: Crew, task: string, status: TaskStatus, why: StatusChange): AnyNewEvent[] {
  const place = { stream: taskStream(crew.cycle, task), actor: "worknode", run: crew.cycle, task };
  const reason = why.reason === undefined ? {} : { reason: why.reason };
  return [...(why.with ?? []), eventAt(place, "TASK_STATUS", { status, ...reason })];
}

/** Why a status changes, and events recorded with it. */
export interface StatusChange {
  reason?: string;
  with?: readonly AnyNewEvent[];
}
