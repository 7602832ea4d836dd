import type { EventPayload } from "../schema/event.js";
import type { TaskRow } from "../store/cycle-rows.js";
import type { Store } from "../store/store.js";

/** Why a task's work was accepted, each part read from the log. */
export interface Evidence {
  readonly task: string;
  readonly title: string;
  readonly status: TaskRow["status"];
  readonly agent: string | null;
  readonly commit: string | null;
  /** Parent of the commit. */
  readonly parent: string | null;
  readonly attempts: number;
  readonly summary: string | null;
  readonly waivers: readonly string[];
  /** The last verification: what ran, and the event that holds its output. */
  readonly commands: readonly { role: string; argv: readonly string[]; exit_code: number | null }[];
  readonly output_event: string | null;
  /** Covered share of changed lines; null where none was judged. */
  readonly coverage: number | null;
  /** Critics that gave a verdict, and what it was. */
  readonly critics: readonly { agent: string; decision: string }[];
}

/** The evidence of a cycle's tasks, in plan order. */
export function evidenceOf(store: Store, cycle: number): Evidence[] {
  return store.queries.tasks(cycle).map((task) => taskEvidence(store, task));
}

function taskEvidence(store: Store, task: TaskRow): Evidence {
  const verified = lastOf(store, task, "VERIFIED");
  const critics = store.queries
    .conversations(task.cycle, task.id, "critic")
    .flatMap(({ agent, outcome }) => (outcome === null ? [] : [{ agent, decision: outcome.split(" ")[0] ?? "" }]));
  return {
    task: task.id,
    title: task.title,
    status: task.status,
    agent: task.agent,
    commit: task.commit,
    parent: lastOf(store, task, "TASK_MERGED")?.parent ?? null,
    attempts: task.attempts,
    summary: task.summary,
    waivers: task.waivers,
    commands: (verified?.commands ?? []).map(({ role, argv, exit_code }) => ({ role, argv, exit_code })),
    output_event: verified?.output_event ?? null,
    coverage: changedShare(verified?.coverage),
    critics,
  };
}

function lastOf<T extends "VERIFIED" | "TASK_MERGED">(
  store: Store,
  task: TaskRow,
  type: T,
): EventPayload<T> | undefined {
  const [event] = store.events({ run: task.cycle, task: task.id, type, reverse: true, limit: 1 });
  return event?.payload as EventPayload<T> | undefined;
}

/** `lines` of the recorded judgement. */
function changedShare(coverage: unknown): number | null {
  const lines = (coverage as { lines?: unknown } | null | undefined)?.lines;
  return typeof lines === "number" ? lines : null;
}
