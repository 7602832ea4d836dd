import type { AnyEvent } from "../../../schema/event.js";
import type { TaskStatus } from "../../../schema/states.js";

/** A task as the screen shows it. */
export interface TaskView {
  readonly id: string;
  readonly title: string;
  readonly phase: string;
  status: TaskStatus;
  agent: string;
  /** What it is doing, in a few words. */
  activity: string;
  attempts: number;
  tokens: number;
  usd: number;
}

/** What the screen shows of a run: a fold over its events, so it is the same live and replayed. */
export interface RunState {
  cycle: number;
  title: string;
  branch: string;
  status: string;
  /** Phases in the plan's order, and those that have begun. */
  readonly phases: Set<string>;
  readonly started: Set<string>;
  readonly tasks: Map<string, TaskView>;
  readonly requests: Map<string, { usd: number; tokens: number }>;
  tokens: number;
  usd: number;
  denials: number;
  /** Requests to the model beyond the first attempt. */
  retries: number;
  waiting: number;
}

/** A run nothing is known of. */
export function emptyRunState(): RunState {
  return {
    cycle: 0,
    title: "",
    branch: "",
    status: "planning",
    phases: new Set(),
    started: new Set(),
    tasks: new Map(),
    requests: new Map(),
    tokens: 0,
    usd: 0,
    denials: 0,
    retries: 0,
    waiting: 0,
  };
}

type Fold = { [T in AnyEvent["type"]]?: (state: RunState, event: Extract<AnyEvent, { type: T }>) => void };

const FOLD: Fold = {
  CYCLE_STARTED(state, { payload }) {
    Object.assign(state, { cycle: payload.cycle, title: payload.title, branch: payload.branch });
    for (const { id, title, phase, owner } of payload.tasks) {
      state.phases.add(phase);
      const fresh = { status: "PENDING" as const, activity: "", attempts: 0, tokens: 0, usd: 0 };
      state.tasks.set(id, { id, title, phase, agent: owner, ...fresh });
    }
  },
  CYCLE_STATUS: (state, { payload }) => void (state.status = payload.status),
  CYCLE_ENDED: (state, { payload }) => void (state.status = payload.status),
  PHASE_STARTED: (state, { payload }) => void state.started.add(payload.phase),
  TASK_STARTED(state, event) {
    update(state, event.task, {
      status: "IN_PROGRESS",
      agent: event.payload.agent,
      attempts: event.payload.attempt,
      activity: "starting",
    });
  },
  REWORK_OPENED(state, { payload: { id, title, phase, owner } }) {
    const fresh = { status: "PENDING" as const, activity: "", attempts: 0, tokens: 0, usd: 0 };
    state.tasks.set(id, { id, title, phase, agent: owner, ...fresh });
  },
  TASK_STATUS: (state, event) => update(state, event.task, { status: event.payload.status, activity: "" }),
  EVENT_TASK_COMPLETED: (state, event) => update(state, event.task, { status: "DONE", activity: "" }),
  TASK_REJECTED: (state, event) => update(state, event.task, { status: "REJECTED", activity: "to be reworked" }),
  CONVERSATION_STARTED(state, event) {
    if (event.payload.kind !== "work")
      update(state, event.task, { activity: `${event.payload.kind} by ${event.actor}` });
  },
  PROPOSAL(state, event) {
    const { tool, args } = event.payload.what;
    update(state, event.task, { activity: `${tool} ${objectOf(args)}`.trim() });
  },
  VERIFIED: (state, event) => update(state, event.task, { activity: "verified" }),
  MODEL_REQUEST(state, { payload }) {
    state.requests.set(payload.request, { usd: payload.reserved_usd ?? 0, tokens: payload.reserved_tokens });
  },
  MODEL_RESPONSE(state, event) {
    const { usage } = event.payload.reply;
    const cached = usage.cache_read_input_tokens + usage.cache_creation_input_tokens;
    const tokens = usage.input_tokens + usage.output_tokens + cached;
    const usd = event.payload.usd ?? 0;
    state.requests.delete(event.payload.request);
    state.tokens += tokens;
    state.usd += usd;
    const task = state.tasks.get(event.task ?? "");
    if (task !== undefined) update(state, task.id, { tokens: task.tokens + tokens, usd: task.usd + usd });
  },
  MODEL_FAILED(state, { payload }) {
    state.retries += 1;
    if (!payload.charged) state.requests.delete(payload.request);
  },
  SECURITY_VIOLATION: (state) => void (state.denials += 1),
  APPROVAL_REQUESTED: (state) => void (state.waiting += 1),
  APPROVAL_RESOLVED: (state) => void (state.waiting = Math.max(0, state.waiting - 1)),
};

/** Folds one event into the state; types that change nothing on the screen are left out. */
export function foldRun(state: RunState, event: AnyEvent): void {
  const fold = FOLD[event.type] as ((state: RunState, event: AnyEvent) => void) | undefined;
  fold?.(state, event);
}

/** Money held back for requests without a whole reply (US dollars). */
export function reservedUsd(state: RunState): number {
  let sum = 0;
  for (const { usd } of state.requests.values()) sum += usd;
  return sum;
}

function update(state: RunState, id: string | null, change: Partial<TaskView>): void {
  const task = state.tasks.get(id ?? "");
  if (task !== undefined) Object.assign(task, change);
}

/** What a call is about: its path, pattern or command, on one line. */
export function objectOf(args: Readonly<Record<string, unknown>>): string {
  const first = args["file_path"] ?? args["pattern"] ?? args["command"] ?? args["role"] ?? args["message"] ?? "";
  return typeof first === "string" ? first.replace(/\s+/g, " ") : "";
}
