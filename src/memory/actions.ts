import type { TaskRow } from "../store/cycle-rows.js";
import type { Store } from "../store/store.js";
import { oneLine } from "./text.js";

/** Tasks looked at for what can start. */
const MAX_WAITING = 200;

const UNDER_WAY = ["IN_PROGRESS", "VERIFIED", "REJECTED"] as const;
const SETTLED = new Set(["DONE", "SKIPPED"]);

/** The task to resume: the one touched last of those under way, else the first that can start, else none. */
export function taskToResume(store: Store, cycle: number): TaskRow | undefined {
  const open = store.queries.tasksIn(cycle, UNDER_WAY, MAX_WAITING);
  if (open.length > 0) return open.reduce((last, row) => (row.touched_seq > last.touched_seq ? row : last));
  return startableTasks(store, cycle)[0] ?? store.queries.tasksIn(cycle, ["BLOCKED"], 1)[0];
}

/** Tasks not started whose needs are met, in plan order. */
function startableTasks(store: Store, cycle: number): TaskRow[] {
  const waiting = store.queries.tasksIn(cycle, ["READY", "PENDING"], MAX_WAITING);
  const met = (id: string): boolean => SETTLED.has(store.queries.task(cycle, id)?.status ?? "");
  return waiting.filter((row) => row.needs.every(met));
}

/** What to do next about a task, in a few words. */
export function nextStepOf(store: Store, task: TaskRow): string {
  const { id, title, status, feedback, reason } = task;
  if (status === "BLOCKED") return `Unblock ${id} (${oneLine(reason ?? "blocked")})`;
  if (status === "REJECTED") return `Rework ${id}: ${oneLine(feedback ?? title)}`;
  if (status === "VERIFIED") return `Judge the result of ${id}`;
  if (status !== "IN_PROGRESS") return `Start ${id}: ${oneLine(title)}`;
  const step = store.queries.steps(task.cycle, id).find((row) => row.status === "started");
  return step === undefined ? `Finish ${oneLine(title)}` : `Finish step ${step.step} of ${oneLine(title)}`;
}

/** What a cycle's people and agents can do next: the tasks under way, then those that can start. */
export function nextActions(store: Store, cycle: number): string[] {
  const first = taskToResume(store, cycle);
  const open = store.queries.tasksIn(cycle, UNDER_WAY, MAX_WAITING);
  const rows = [...(first === undefined ? [] : [first]), ...open, ...startableTasks(store, cycle)];
  const unique = rows.filter((row, index) => rows.findIndex(({ id }) => id === row.id) === index);
  if (unique.length === 0) return [`End cycle ${cycle}: no task is left to do`];
  return unique.map((row) => nextStepOf(store, row));
}
