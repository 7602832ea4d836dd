import type { AnyEvent, AnyNewEvent, EventPayload } from "../../schema/event.js";
import type { Store } from "../../store/store.js";
import { taskStream } from "./records.js";

/** What is known of a task from its own stream: a fold, made anew on every start. */
export interface TaskState {
  attempt: number;
  started: EventPayload<"TASK_STARTED"> | undefined;
  /** Steps that ended, in order, with their outputs; a restarted step is not among them. */
  steps: Map<string, EventPayload<"STEP_ENDED">>;
  /** Rejections since the last remedy, newest last. */
  rejections: string[];
  /** Remedies the executive or a person ordered. */
  remedies: { by: string; action: string; reason: string; agent: string | undefined }[];
  /** Escalations not resolved yet, newest last. */
  open: Map<string, EventPayload<"ESCALATION">>;
  verified: EventPayload<"VERIFIED"> | undefined;
  summary: string;
}

/** A task nothing has happened to. */
export function emptyTaskState(): TaskState {
  return {
    attempt: 0,
    started: undefined,
    steps: new Map(),
    rejections: [],
    remedies: [],
    open: new Map(),
    verified: undefined,
    summary: "",
  };
}

/** Reads a task's state from its stream. */
export function loadTaskState(store: Store, cycle: number, task: string): TaskState {
  const state = emptyTaskState();
  for (const event of store.events({ stream: taskStream(cycle, task) })) foldTaskEvent(state, event);
  return state;
}

/** Folds one event of the task's stream; others change nothing. */
export function foldTaskEvent(state: TaskState, event: AnyEvent | AnyNewEvent): void {
  if (event.type.startsWith("STEP_")) return foldStep(state, event);
  if (event.type.startsWith("ESCALATION")) return foldEscalation(state, event);
  switch (event.type) {
    case "TASK_STARTED":
      state.started = event.payload;
      state.attempt = event.payload.attempt;
      return;
    case "TASK_REJECTED":
      state.rejections.push(event.payload.feedback);
      return;
    case "VERIFIED":
      state.verified = event.payload;
      return;
    default:
  }
}

function foldStep(state: TaskState, event: AnyEvent | AnyNewEvent): void {
  if (event.type === "STEP_STARTED") restart(state, event.payload.step);
  if (event.type !== "STEP_ENDED") return;
  state.steps.set(event.payload.step, event.payload);
  state.summary = event.payload.summary ?? state.summary;
}

/** A step that starts again takes its own and all later results with it. */
function restart(state: TaskState, step: string): void {
  let drop = false;
  for (const id of Array.from(state.steps.keys())) {
    drop ||= id === step;
    if (drop) state.steps.delete(id);
  }
}

function foldEscalation(state: TaskState, event: AnyEvent | AnyNewEvent): void {
  if (event.type === "ESCALATION") state.open.set(event.payload.id, event.payload);
  if (event.type !== "ESCALATION_RESOLVED") return;
  const { id, by, action, reason, agent } = event.payload;
  state.open.delete(id);
  if (action !== "block") {
    state.remedies.push({ by, action, reason, agent });
    state.rejections = [];
  }
}
