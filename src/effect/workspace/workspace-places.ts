import { join } from "node:path";
import { systemRandom } from "../../kernel/ids.js";
import type { Repository } from "../repository/repository.js";
import { refPart } from "./branch.js";
import { compileDeny } from "./deny.js";
import { readRecord, type TaskRecord } from "./task-record.js";
import type { TaskWorkspace } from "./workspace.js";

/** Which workspace. */
export interface WorkspaceArgs {
  readonly cycle: number;
  /** Task id, or a view's. */
  readonly task: string;
  /** The cycle's branch. */
  readonly branch: string;
}

/** In place of a task's id: the view of the cycle's head, and that of a stack before it is merged. Neither ever holds work. */
export const HEAD_VIEW = "-";
export const STACK_VIEW = "+";

/** Names of the views' directories, after the cycle. */
const VIEWS: Readonly<Record<string, string>> = { [HEAD_VIEW]: "head", [STACK_VIEW]: "stack" };

/** Whether a workspace is a view, which is made anew at any time, and no task's. */
export function isView(task: string): boolean {
  return Object.hasOwn(VIEWS, task);
}

/** The paths of a workspace, whether it is there or not. */
export interface Places {
  readonly worktree: string;
  readonly taskDir: string;
  /** The task's own branch; none for a view. */
  readonly taskBranch?: string;
  /** What the task's directory says it holds. */
  readonly record: TaskRecord | undefined;
}

/** Where a workspace is, by its record. */
export async function findPlaces(repository: Repository, args: WorkspaceArgs): Promise<Places> {
  const name = placeName(args);
  const taskDir = join(repository.stateDir, "tasks", name);
  const record = await readRecord(taskDir);
  const worktree = join(repository.stateDir, "worktrees", record?.place ?? name);
  const places = { worktree, taskDir, record };
  return isView(args.task) ? places : { ...places, taskBranch: `${args.branch}-${refPart(args.task)}` };
}

/**
 * Where to make a workspace. After an interrupted making it is another place: a git that outlived the
 * killed worknode may still be writing in the first one.
 */
export function freshPlaces(repository: Repository, places: Places, args: WorkspaceArgs): Places {
  const name = placeName(args);
  const place = places.record?.state === "creating" ? `${name}.${systemRandom.hex(4)}` : name;
  return { ...places, worktree: join(repository.stateDir, "worktrees", place) };
}

/** The name of a workspace's directories and of its lock. */
export function placeName(args: WorkspaceArgs): string {
  const view = isView(args.task) ? VIEWS[args.task] : undefined;
  return view === undefined ? `${args.cycle}-${refPart(args.task)}` : `${args.cycle}.${view}`;
}

/** A workspace that is there. */
export interface Existing {
  readonly gitDir: string;
  readonly record: TaskRecord;
}

/** The workspace as others use it. */
export function describe(
  repository: Repository,
  places: Places,
  { gitDir, record }: Existing,
  deny: readonly string[],
): TaskWorkspace {
  const { worktree, taskDir } = places;
  return {
    cycle: record.cycle,
    task: record.task,
    shownRoot: repository.shownRoot,
    worktree,
    gitDir,
    branch: record.branch,
    baseCommit: record.base_commit,
    taskDir,
    layerDir: join(taskDir, "layer"),
    scratchDir: join(taskDir, "scratch"),
    journalDir: join(taskDir, "journal"),
    deny,
    isDenied: compileDeny(deny),
    git: repository.git.at(gitDir, worktree),
  };
}
