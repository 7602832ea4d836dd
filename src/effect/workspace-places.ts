import { join } from "node:path";
import { refPart } from "./branch.js";
import { compileDeny } from "./deny.js";
import type { Repository } from "./repository.js";
import type { TaskRecord } from "./task-record.js";
import type { TaskWorkspace } from "./workspace.js";

/** Which workspace. */
export interface WorkspaceArgs {
  readonly cycle: number;
  /** Task id. */
  readonly task: string;
  /** The cycle's branch. */
  readonly branch: string;
}

/** The paths of a workspace, whether it is there or not. */
export interface Places {
  readonly worktree: string;
  readonly taskDir: string;
  /** The task's own branch; none for the view of the cycle's head. */
  readonly taskBranch?: string;
}

/** A workspace that is there. */
export interface Existing {
  readonly gitDir: string;
  readonly record: TaskRecord;
}

/** Where a workspace is. */
export function placesOf(repository: Repository, args: WorkspaceArgs): Places {
  const name = args.task === "-" ? `${args.cycle}.head` : `${args.cycle}-${refPart(args.task)}`;
  return {
    worktree: join(repository.stateDir, "worktrees", name),
    taskDir: join(repository.stateDir, "tasks", name),
    taskBranch: `${args.branch}-${refPart(args.task)}`,
  };
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
    shownRoot: repository.root,
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
