import { type Fault, invalid } from "../../kernel/fault.js";
import { err, ok, type Result } from "../../kernel/result.js";
import { findOpenWork } from "../../memory/actions.js";
import { cycleOfTask } from "../../memory/plan-task.js";
import { newEvent } from "../../memory/record.js";
import type { TaskRow } from "../../store/cycle-rows.js";
import { taskWorkspace } from "../call/workspaces.js";
import type { Project } from "../cycle/project.js";
import type { RunOptions } from "../cycle/session.js";
import { holdCycle, isForClient } from "../hook/claim.js";
import { type Completion, completeTask, runOf } from "../hook/completion.js";
import type { Crew } from "../state/context.js";
import { setStatus } from "../state/task-status.js";
import { startTask } from "../task/task-run.js";

/** A plan's task and who takes it in hand. */
export interface PersonTask {
  readonly task: string;
  readonly by: string;
}

/** What holding a cycle needs from its caller. */
type Surroundings = Pick<RunOptions, "signal" | "env">;

/**
 * Puts a task of the open cycle in the hands of a person or an outside agent, to be done in its worktree: agents leave
 * it alone until it is done or given back. Refused while a process runs the cycle, for a task that waits or that others
 * do, and for one that is more than one agent's step. Throws Faults of exit 2.
 */
export async function claimPlanTask(
  project: Project,
  { task, by }: PersonTask,
  options: Surroundings,
): Promise<Result<TaskRow, Fault>> {
  return await inCycle(project, task, options, async (crew, row) => {
    if (isClaimedBy(row, by)) return ok(row);
    const refused = claimProblem(crew, row, by);
    if (refused !== undefined) return err(refused);
    await startTask(crew, runOf({ crew, task, workspace: await taskWorkspace(crew, task) }), by);
    crew.store.append([newEvent({ actor: by, cycle: crew.cycle, task }, "TASK_CLAIMED", { by })]);
    return ok(rowOf(crew, task));
  });
}

/** Gives a claimed task back: its agents may do it, in the worktree as it is. */
export async function releasePlanTask(
  project: Project,
  { task, by }: PersonTask,
  options: Surroundings,
): Promise<Result<TaskRow, Fault>> {
  return await inCycle(project, task, options, async (crew, row) => {
    if (!isClaimedBy(row, by)) return err(notTheirs(row, by));
    await setStatus(crew, task, "PENDING", { reason: `given back by ${by}` });
    return ok(rowOf(crew, task));
  });
}

/**
 * Hands a claimed task in: the rules judge its worktree as they judge an agent's (the plan's commands, coverage, limits,
 * the task's files), and what they accept goes on the cycle's branch as one commit. Nobody's word replaces them.
 */
export async function finishPlanTask(
  project: Project,
  { task, by, summary }: PersonTask & { summary: string },
  options: Surroundings,
): Promise<Result<{ row: TaskRow; completion: Completion }, Fault>> {
  return await inCycle(project, task, options, async (crew, row) => {
    if (!isClaimedBy(row, by)) return err(notTheirs(row, by));
    crew.assigned.set(task, by);
    const workspace = await taskWorkspace(crew, task);
    const completion = await completeTask({ crew, task, workspace }, summary === "" ? `done by ${by}` : summary);
    return ok({ row: rowOf(crew, task), completion });
  });
}

async function inCycle<T>(
  project: Project,
  task: string,
  options: Surroundings,
  work: (crew: Crew, row: TaskRow) => Promise<Result<T, Fault>>,
): Promise<Result<T, Fault>> {
  const cycle = cycleOfTask(project.store, task);
  if (cycle === undefined) return err(invalid("UNKNOWN_TASK", `No open cycle has a task ${task}.`));
  const held = await holdCycle(project, cycle, options);
  try {
    return await work(held.crew, rowOf(held.crew, task));
  } finally {
    held.leave();
  }
}

function rowOf({ store, cycle }: Crew, task: string): TaskRow {
  const row = store.queries.task(cycle, task);
  if (row === undefined) throw invalid("UNKNOWN_TASK", `Cycle ${cycle} has no task ${task}.`);
  return row;
}

function isClaimedBy({ status, agent }: TaskRow, by: string): boolean {
  return status === "IN_PROGRESS" && agent === by;
}

function notTheirs({ id, status, agent }: TaskRow, by: string): Fault {
  const who = status === "IN_PROGRESS" ? `${agent ?? "somebody"} does it` : `it is ${status}`;
  return invalid("TASK_UNCLAIMED", `${by} has not claimed ${id}: ${who}.`);
}

function claimProblem(crew: Crew, row: TaskRow, by: string): Fault | undefined {
  if (crew.agents.has(by)) return invalid("NAME_TAKEN", `${by} is an agent of the plan; say who you are with --as.`);
  if (isPersons(crew, row)) return invalid("TASK_CLAIMED", `${row.id} is claimed by ${row.agent ?? "somebody"}.`);
  const { startable, underWay } = findOpenWork(crew.store, crew.cycle);
  const open = [...startable, ...underWay.filter(({ status }) => status === "IN_PROGRESS")];
  if (!open.some(({ id }) => id === row.id))
    return invalid("TASK_WAITS", `${row.id} is ${row.status} and needs ${row.needs.join(", ") || "nothing"}.`);
  if (isForClient(crew, row.id)) return undefined;
  return invalid(
    "PLAN_TASK",
    `${row.id} cannot be claimed: it writes no file, has steps, gates or conditions, or its phase has not begun. \`worknode continue\` does it.`,
  );
}

/** Whether a task under way is in the hands of somebody who claimed it. */
export function isPersons({ store, cycle }: Pick<Crew, "store" | "cycle">, { id, status, agent }: TaskRow): boolean {
  if (status !== "IN_PROGRESS") return false;
  const [claim] = store.events({ run: cycle, task: id, type: "TASK_CLAIMED", reverse: true, limit: 1 });
  return claim?.type === "TASK_CLAIMED" && claim.payload.by === agent;
}
