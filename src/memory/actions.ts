import type { TaskRow } from "../store/cycle-rows.js";
import type { StoreReader } from "../store/reader.js";
import { oneLine } from "./text.js";

/** Tasks looked at for what can start. */
const MAX_WAITING = 200;

const UNDER_WAY = ["IN_PROGRESS", "VERIFIED", "REJECTED"] as const;
/** States of a task that others need not wait for any more. */
const SETTLED: ReadonlySet<string> = new Set(["DONE", "SKIPPED"]);

/** Which tasks are asked about. */
export type Choice = (row: Pick<TaskRow, "id" | "agent" | "owner">) => boolean;

const ANY: Choice = () => true;

/** What is left of a cycle's work: tasks under way, and those not started whose needs are met, in plan order. */
export interface OpenWork {
  readonly cycle: number;
  readonly underWay: readonly TaskRow[];
  readonly startable: readonly TaskRow[];
}

/** Finds what is left of a cycle's work. */
export function findOpenWork(store: StoreReader, cycle: number): OpenWork {
  const waiting = store.queries.tasksIn(cycle, ["READY", "PENDING"], MAX_WAITING);
  const settled = store.queries.settled(
    cycle,
    waiting.flatMap(({ needs }) => needs),
  );
  const startable = waiting.filter(({ needs }) => needs.every((need) => settled.has(need)));
  return { cycle, underWay: store.queries.tasksIn(cycle, UNDER_WAY, MAX_WAITING), startable };
}

/** The task to resume: the one touched last of those under way, else the first that can start, else none. */
export function taskToResume(
  store: StoreReader,
  { cycle, underWay, startable }: OpenWork,
  chosen = ANY,
): TaskRow | undefined {
  const open = underWay.filter(chosen);
  if (open.length > 0) return open.reduce((last, row) => (row.touched_seq > last.touched_seq ? row : last));
  return startable.find(chosen) ?? store.queries.tasksIn(cycle, ["BLOCKED"], MAX_WAITING).find(chosen);
}

/** What to do next about a task, in a few words. */
export function nextStepOf(store: StoreReader, task: TaskRow): string {
  const { id, title, status } = task;
  if (status === "CANCELLED" || SETTLED.has(status)) return `Nothing: ${id} is ${status}`;
  if (status !== "IN_PROGRESS") return stepInto(task);
  const step = store.queries.steps(task.cycle, id).find((row) => row.status === "started");
  return step === undefined ? `Finish ${oneLine(title)}` : `Finish step ${step.step} of ${oneLine(title)}`;
}

function stepInto({ id, title, status, feedback, reason }: TaskRow): string {
  if (status === "BLOCKED") return `Unblock ${id} (${oneLine(reason ?? "blocked")})`;
  if (status === "REJECTED") return `Rework ${id}: ${oneLine(feedback ?? title)}`;
  return status === "VERIFIED" ? `Judge the result of ${id}` : `Start ${id}: ${oneLine(title)}`;
}

/** What a cycle's people and agents can do next: the tasks under way, then those that can start. */
export function nextActions(store: StoreReader, work: OpenWork, chosen = ANY): string[] {
  const first = taskToResume(store, work, chosen);
  const rows = [...(first === undefined ? [] : [first]), ...work.underWay, ...work.startable].filter(chosen);
  const unique = new Map(rows.map((row) => [row.id, row]));
  if (unique.size === 0) return [nothingLeft(work.cycle)];
  return [...unique.values()].map((row) => nextStepOf(store, row));
}

/** Outside cycles nothing ends: somebody takes the next task. */
function nothingLeft(cycle: number): string {
  return cycle === 0 ? "Claim a task: `worknode claim ID --title TEXT`" : `End cycle ${cycle}: no task is left to do`;
}
