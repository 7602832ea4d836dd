import { type Fault, invalid } from "../kernel/fault.js";
import { err, ok, type Result } from "../kernel/result.js";
import { loadPlan } from "../plan/load-plan.js";
import type { TaskStatus } from "../schema/states.js";
import type { CycleRow, TaskRow } from "../store/cycle-rows.js";
import type { Store } from "../store/store.js";
import { listBlockers } from "./blockers.js";
import { OUTSIDE_CYCLES } from "./outside-cycles.js";
import { recordEvent } from "./record.js";

/** A task by its id; in the newest incomplete cycle unless `cycle` is given. */
export interface TaskReference {
  task: string;
  cycle?: number;
  /** Who asks; `user` unless given. */
  by?: string;
}

/** Progress of a cycle: how many tasks are in each state, and the share of the estimated work that is done. */
export interface ProjectStatus {
  cycle: number;
  status: CycleRow["status"];
  title: string;
  tasks: Partial<Record<TaskStatus, number>>;
  /** 0 to 1, weighted by estimates (1 where there is none). */
  progress: number;
  deadlines: { task: string; deadline: number }[];
  blockers: string[];
}

const MOVABLE: readonly TaskStatus[] = ["PENDING", "READY", "BLOCKED", "REJECTED"];

function findTask(store: Store, reference: TaskReference): Result<TaskRow, Fault> {
  const cycle = reference.cycle ?? store.queries.latestIncompleteCycle()?.number;
  const own = reference.cycle === undefined ? store.queries.task(OUTSIDE_CYCLES, reference.task) : undefined;
  const row = cycle === undefined ? own : (store.queries.task(cycle, reference.task) ?? own);
  if (row !== undefined) return ok(row);
  if (cycle === undefined) return err(invalid("NO_CYCLE", "There is no incomplete cycle; name one."));
  return err(invalid("UNKNOWN_TASK", `Cycle ${cycle} has no task ${reference.task}.`));
}

/** Assigns a task that nobody works on to an agent or a person (S3:369). */
export function pm_assign(store: Store, input: TaskReference & { assignee: string }): Result<TaskRow, Fault> {
  return change(store, input, (row, by) => {
    if (input.assignee.trim() === "") return invalid("INVALID_ASSIGNEE", "The assignee has no name.");
    if (!MOVABLE.includes(row.status)) {
      return invalid("TASK_STARTED", `${row.id} is ${row.status}; only a task nobody works on can be assigned.`);
    }
    const unfit = row.cycle === OUTSIDE_CYCLES ? undefined : assigneeProblem(store, row, input.assignee);
    if (unfit !== undefined) return unfit;
    const author = { actor: by, cycle: row.cycle, task: row.id };
    recordEvent(store, author, "TASK_ASSIGNED", { assignee: input.assignee, by });
    return undefined;
  });
}

/** A plan's task goes to an agent of its owner's tier, or to whoever registered otherwise and claims it. */
function assigneeProblem(store: Store, { id, cycle, owner }: TaskRow, assignee: string): Fault | undefined {
  const tiers = tiersOf(store, cycle);
  const tier = tiers.get(assignee);
  if (tier === undefined && store.queries.worknode(assignee) !== undefined) return undefined;
  if (tier === undefined)
    return invalid(
      "UNKNOWN_ASSIGNEE",
      `${assignee} is no agent of the plan and not registered. The plan has: ${[...tiers.keys()].join(", ")}.`,
    );
  const wanted = tiers.get(owner);
  if (wanted === undefined || wanted === tier) return undefined;
  return invalid("WRONG_TIER", `${id} is work for the ${wanted} tier; ${assignee} is of the ${tier} tier.`);
}

/** Tiers of a cycle's agents: those the plan names, and those that have begun or were spawned. */
function tiersOf(store: Store, cycle: number): Map<string, string> {
  const [started] = store.events({ run: cycle, type: "CYCLE_STARTED", limit: 1 });
  const source = started?.type === "CYCLE_STARTED" ? started.payload.plan_source : "";
  const agents = Object.entries(loadPlan(source, "plan.yaml").plan?.agents ?? {});
  const begun = store.queries.agents(cycle).map(({ agent, tier }) => [agent, tier] as const);
  return new Map([...agents.map(([name, { tier }]) => [name, tier] as const), ...begun]);
}

/** Sets a task's deadline, Unix epoch milliseconds (S3:370). The ladder of reminders comes with triggers. */
export function pm_set_deadline(store: Store, input: TaskReference & { deadline: number }): Result<TaskRow, Fault> {
  return change(store, input, (row, by) => {
    if (!Number.isSafeInteger(input.deadline) || input.deadline < 0) {
      return invalid("INVALID_DEADLINE", "The deadline must be a time in milliseconds since 1970.");
    }
    recordEvent(store, { actor: by, cycle: row.cycle, task: row.id }, "DEADLINE_SET", { deadline: input.deadline, by });
    return undefined;
  });
}

function change(
  store: Store,
  reference: TaskReference,
  work: (row: TaskRow, by: string) => Fault | undefined,
): Result<TaskRow, Fault> {
  return store.transaction(() => {
    const row = findTask(store, reference);
    if (!row.ok) return row;
    const fault = work(row.value, reference.by ?? "user");
    return fault === undefined ? findTask(store, { ...reference, cycle: row.value.cycle }) : err(fault);
  });
}

/** How a cycle stands (S3:371): the newest incomplete one, else the last that ended, unless one is named. */
export function pm_get_status(store: Store, input: { cycle?: number } = {}): Result<ProjectStatus, Fault> {
  const { queries } = store;
  const row =
    input.cycle === undefined
      ? (queries.latestIncompleteCycle() ?? queries.lastEndedCycle())
      : queries.cycle(input.cycle);
  if (row === undefined) return err(invalid("NO_CYCLE", "There is no such cycle."));
  const { number: cycle, status, title } = row;
  const tasks = queries.tasks(cycle);
  const deadlines = tasks.flatMap(({ id, deadline }) => (deadline === null ? [] : [{ task: id, deadline }]));
  const blockers = listBlockers(store, cycle).map(({ text }) => text);
  return ok({
    cycle,
    status,
    title,
    tasks: queries.countTasks(cycle),
    progress: progressOf(tasks),
    deadlines,
    blockers,
  });
}

function progressOf(tasks: readonly TaskRow[]): number {
  const weigh = (rows: readonly TaskRow[]): number => rows.reduce((sum, row) => sum + (row.estimate ?? 1), 0);
  const total = weigh(tasks);
  return total === 0 ? 0 : weigh(tasks.filter((row) => row.status === "DONE")) / total;
}
