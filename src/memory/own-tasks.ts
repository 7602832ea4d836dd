import { assert } from "../kernel/assert.js";
import { type Fault, invalid } from "../kernel/fault.js";
import { err, ok, type Result } from "../kernel/result.js";
import { type OwnTask, ownTaskSchema } from "../schema/memory.js";
import { recordTextSchema, saidTextSchema } from "../schema/record-text.js";
import type { TaskRow } from "../store/cycle-rows.js";
import type { Store } from "../store/store.js";
import { findOpenWork } from "./actions.js";
import { OUTSIDE_CYCLES } from "./outside-cycles.js";
import { describeIssues } from "./problems.js";
import { recordEvent } from "./record.js";

const newTaskSchema = ownTaskSchema.extend({ title: saidTextSchema });

/** Adds a task outside plans. Refuses one whose members do not fit or whose id is taken. */
export function addTask(store: Store, task: OwnTask, by = "user"): Result<TaskRow, Fault> {
  const checked = newTaskSchema.safeParse(task);
  if (!checked.success) return err(invalid("INVALID_TASK", `The task is not valid: ${describeIssues(checked.error)}`));
  const { id } = checked.data;
  return store.transaction(() => {
    if (store.queries.task(OUTSIDE_CYCLES, id) !== undefined)
      return err(invalid("TASK_EXISTS", `There is a task ${id} already.`));
    recordEvent(store, authorOf(id, by), "TASK_ADDED", checked.data);
    return ok(read(store, id));
  });
}

/**
 * Takes a task outside plans for oneself, adding it where it is new; without an id the first that can start.
 * One caller wins: a task somebody else claimed is refused, and so is one of a plan, which its agents do.
 */
export function claimTask(store: Store, input: { task?: string; title?: string; by: string }): Result<TaskRow, Fault> {
  return store.transaction(() => {
    const id = input.task ?? findOpenWork(store, OUTSIDE_CYCLES).startable[0]?.id;
    if (id === undefined)
      return err(invalid("NO_TASK", "No task can start. Name one: `worknode claim ID --title TEXT`."));
    return takeTask(store, { id, title: input.title ?? id, by: input.by });
  });
}

function takeTask(store: Store, { id, title, by }: { id: string; title: string; by: string }): Result<TaskRow, Fault> {
  const known = store.queries.task(OUTSIDE_CYCLES, id);
  const refused = known === undefined ? planTaskProblem(store, id) : claimProblem(store, known, by);
  if (refused !== undefined) return err(refused);
  const added = known === undefined ? addTask(store, { id, title }, by) : ok(known);
  if (!added.ok) return added;
  recordEvent(store, authorOf(id, by), "TASK_CLAIMED", { by });
  return ok(read(store, id));
}

function planTaskProblem(store: Store, id: string): Fault | undefined {
  const cycle = store.queries.latestIncompleteCycle();
  if (cycle === undefined || store.queries.task(cycle.number, id) === undefined) return undefined;
  return invalid(
    "PLAN_TASK",
    `${id} is a task of cycle ${cycle.number}: take it with \`worknode claim ${id}\`, or let its agents do it with \`worknode continue\`.`,
  );
}

function claimProblem(store: Store, row: TaskRow, by: string): Fault | undefined {
  if (row.status === "DONE") return invalid("TASK_DONE", `${row.id} is done already.`);
  if (row.status === "IN_PROGRESS" && row.agent !== by)
    return invalid("TASK_CLAIMED", `${row.id} is claimed by ${row.agent ?? "somebody"}.`);
  const settled = store.queries.settled(OUTSIDE_CYCLES, row.needs);
  const unmet = row.needs.filter((need) => !settled.has(need));
  return unmet.length === 0 ? undefined : invalid("TASK_WAITS", `${row.id} needs ${unmet.join(", ")} first.`);
}

/** Says that a task outside plans is done. Only who claimed it may; a plan's task is done when its gate accepts it. */
export function finishTask(
  store: Store,
  input: { task: string; summary?: string; by: string },
): Result<TaskRow, Fault> {
  const { task, by, summary = "" } = input;
  const checked = recordTextSchema.safeParse(summary);
  if (!checked.success)
    return err(invalid("INVALID_TASK", `The summary is not valid: ${describeIssues(checked.error)}`));
  return store.transaction(() => {
    const row = store.queries.task(OUTSIDE_CYCLES, task);
    if (row === undefined)
      return err(planTaskProblem(store, task) ?? invalid("UNKNOWN_TASK", `There is no task ${task}.`));
    if (row.status !== "IN_PROGRESS")
      return err(invalid("TASK_UNCLAIMED", `${task} is ${row.status}; claim it first.`));
    if (row.agent !== by) return err(invalid("TASK_CLAIMED", `${task} is claimed by ${row.agent ?? "somebody"}.`));
    const result = { commit: null, summary, outputs: {}, attempts: 1, files: [], waivers: [] };
    recordEvent(store, authorOf(task, by), "EVENT_TASK_COMPLETED", result);
    return ok(read(store, task));
  });
}

function authorOf(task: string, by: string): { actor: string; cycle: number; task: string } {
  return { actor: by, cycle: OUTSIDE_CYCLES, task };
}

function read(store: Store, id: string): TaskRow {
  const row = store.queries.task(OUTSIDE_CYCLES, id);
  assert(row !== undefined, "a task just recorded is there");
  return row;
}
