import { type Fault, invalid } from "../kernel/fault.js";
import { err, ok, type Result } from "../kernel/result.js";
import type { ProjectContext } from "../schema/memory.js";
import type { Store } from "../store/store.js";
import { findOpenWork, nextActions } from "./actions.js";
import { listBlockers } from "./blockers.js";
import { OUTSIDE_CYCLES } from "./outside-cycles.js";

/** Entries of each list of the answer. */
const MAX_ENTRIES = 200;

/** The question of S3:260-265. `project` narrows the decisions, and prefers the plan of that id. */
export interface ProjectSearch {
  type: "PROJECT";
  assignee: string;
  status: string;
  project?: string;
}

const NOTHING: ProjectContext = {
  current_task: null,
  previous_completed: [],
  blocking_issues: [],
  decisions_made: [],
  files_modified_today: [],
  next_actions: [],
};

/** Everything a session has to know to go on: exactly the members of S3:267-279. Days are local days. */
export function search(store: Store, query: ProjectSearch): Result<ProjectContext, Fault> {
  if (query.type !== "PROJECT") {
    return err(invalid("INVALID_SEARCH", `search knows the type PROJECT, not ${String(query.type)}.`));
  }
  const { project = null } = query;
  const decisions = store.queries.decisions(project, MAX_ENTRIES);
  const files = store.queries.filesKeptAfter(startOfDay(store), MAX_ENTRIES);
  const always = {
    decisions_made: decisions.map(({ record }) => record.decision),
    files_modified_today: [...new Set(files.map(({ path }) => path))],
  };
  const cycle = store.queries.latestIncompleteCycle(project) ?? store.queries.latestIncompleteCycle();
  const own = Object.keys(store.queries.countTasks(OUTSIDE_CYCLES)).length > 0;
  if (cycle === undefined && !own) return ok({ ...NOTHING, ...always });
  return ok({ ...openWork(store, cycle?.number ?? OUTSIDE_CYCLES, query), ...always });
}

function openWork(
  store: Store,
  cycle: number,
  query: ProjectSearch,
): Omit<ProjectContext, "decisions_made" | "files_modified_today"> {
  const task = store.queries.tasksOf(cycle, query.assignee, query.status)[0];
  const own = store.queries.worknode(query.assignee)?.blockers ?? [];
  return {
    current_task: task === undefined ? null : `${task.id}: ${task.title}`,
    previous_completed: store.queries.tasksIn(cycle, ["DONE"], MAX_ENTRIES).map(({ id }) => id),
    blocking_issues: [...listBlockers(store, cycle).map(({ text }) => text), ...own],
    next_actions: nextActions(store, findOpenWork(store, cycle)),
  };
}

function startOfDay(store: Store): string {
  return new Date(new Date(store.clock.nowMs()).setHours(0, 0, 0, 0)).toISOString();
}
