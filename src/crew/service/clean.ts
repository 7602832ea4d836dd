import { existsSync } from "node:fs";
import { resolveCommit } from "../../effect/workspace/branch.js";
import { findPlaces, HEAD_VIEW, STACK_VIEW } from "../../effect/workspace/workspace-places.js";
import { removeTaskWorkspace } from "../../effect/workspace/workspace-removal.js";
import type { CycleRow } from "../../store/cycle-rows.js";
import { stewardCall } from "../call/steward.js";
import { type Project, withProject } from "../cycle/project.js";
import { type SessionOptions } from "../cycle/session.js";
import type { Crew } from "../state/context.js";
import { openLanding } from "./landing.js";

/** What `clean` took away and what it left. */
export interface CleanReport {
  /** Worktrees that are gone. */
  readonly removed: readonly { cycle: number; task: string }[];
  /** Worktrees that are still there, and why. */
  readonly kept: readonly { cycle: number; task: string; reason: string }[];
}

/**
 * Takes away worktrees and layers of cycles that have ended. What holds work that is not on its cycle's branch stays,
 * and so does every cycle somebody works on. Branches stay.
 */
export async function cleanProject(options: Pick<SessionOptions, "cwd" | "env" | "signal">): Promise<CleanReport> {
  return await withProject(options, async (project) => {
    const removed: { cycle: number; task: string }[] = [];
    const kept: { cycle: number; task: string; reason: string }[] = [];
    for (const row of endedCycles(project)) {
      const tasks = await tasksWithWorktree(project, row);
      if (tasks.length === 0) continue;
      for (const { task, error } of await cleanCycle(project, row, { ...options, tasks })) {
        if (error === undefined) removed.push({ cycle: row.number, task });
        else kept.push({ cycle: row.number, task, reason: error });
      }
    }
    return { removed, kept };
  });
}

function endedCycles({ store }: Project): CycleRow[] {
  return store.queries.cycles(Number.MAX_SAFE_INTEGER).filter(({ ended_hlc }) => ended_hlc !== null);
}

/** Tasks of a cycle that have a worktree, and its views. */
async function tasksWithWorktree({ repository, store }: Project, row: CycleRow): Promise<string[]> {
  const found: string[] = [];
  for (const task of [HEAD_VIEW, STACK_VIEW, ...store.queries.tasks(row.number).map(({ id }) => id)]) {
    const places = await findPlaces(repository, { cycle: row.number, task, branch: row.branch });
    if (existsSync(places.worktree)) found.push(task);
  }
  return found;
}

interface Cleaned {
  readonly task: string;
  readonly error?: string;
}

async function cleanCycle(
  project: Project,
  row: CycleRow,
  options: Pick<SessionOptions, "env" | "signal"> & { tasks: readonly string[] },
): Promise<Cleaned[]> {
  const { tasks } = options;
  if ((await resolveCommit(project.repository.git, `refs/heads/${row.branch}`)) === undefined)
    return tasks.map((task) => ({
      task,
      error: `branch ${row.branch} is gone: nothing says the work is kept elsewhere`,
    }));
  return await openLanding(project, row, options, async (crew) => {
    const cleaned: Cleaned[] = [];
    for (const task of tasks) cleaned.push(await cleanTask(crew, row, task));
    return cleaned;
  });
}

async function cleanTask(crew: Crew, row: CycleRow, task: string): Promise<Cleaned> {
  const args = { cycle: row.number, task, branch: row.branch };
  const done = await stewardCall(crew, { tool: "workspace.remove", task: null, args }, async ({ permit, call }) => {
    const value = await removeTaskWorkspace(permit, crew.repository, call);
    return { value, said: value.ok ? `removed the worktree of ${task}` : value.error, failed: !value.ok };
  });
  return done.ok ? { task } : { task, error: done.error };
}
