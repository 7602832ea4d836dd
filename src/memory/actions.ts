import type { TaskRow } from "../store/cycle-rows.js";
import type { StoreReader } from "../store/reader.js";
import { oneLine } from "./text.js";

/** Tasks looked at for what can start. */
const MAX_WAITING = 200;

const UNDER_WAY = ["IN_PROGRESS", "VERIFIED", "REJECTED"] as const;
/** States of a task that others need not wait for any more. */
export const SETTLED: ReadonlySet<string> = new Set(["DONE", "SKIPPED"]);

/** Which tasks are asked about. */
export type Choice = (row: TaskRow) => boolean;

const ANY: Choice = () => true;

/** The task to resume: the one touched last of those under way, else the first that can start, else none. */
export function taskToResume(store: StoreReader, cycle: number, chosen = ANY): TaskRow | undefined {
  const open = store.queries.tasksIn(cycle, UNDER_WAY, MAX_WAITING).filter(chosen);
  if (open.length > 0) return open.reduce((last, row) => (row.touched_seq > last.touched_seq ? row : last));
  const blocked = (): TaskRow[] => store.queries.tasksIn(cycle, ["BLOCKED"], MAX_WAITING).filter(chosen);
  return startableTasks(store, cycle).find(chosen) ?? blocked()[0];
}

/** Tasks not started whose needs are met, in plan order. */
export function startableTasks(store: StoreReader, cycle: number): TaskRow[] {
  const waiting = store.queries.tasksIn(cycle, ["READY", "PENDING"], MAX_WAITING);
  const met = (id: string): boolean => SETTLED.has(store.queries.task(cycle, id)?.status ?? "");
  return waiting.filter((row) => row.needs.every(met));
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
export function nextActions(store: StoreReader, cycle: number, chosen = ANY): string[] {
  const first = taskToResume(store, cycle, chosen);
  const open = store.queries.tasksIn(cycle, UNDER_WAY, MAX_WAITING);
  const rows = [...(first === undefined ? [] : [first]), ...open, ...startableTasks(store, cycle)].filter(chosen);
  const unique = new Map(rows.map((row) => [row.id, row]));
  if (unique.size === 0) return [nothingLeft(cycle)];
  return [...unique.values()].map((row) => nextStepOf(store, row));
}

/** Outside cycles nothing ends: somebody takes the next task. */
function nothingLeft(cycle: number): string {
  return cycle === 0 ? "Claim a task: `worknode claim ID --title TEXT`" : `End cycle ${cycle}: no task is left to do`;
}
