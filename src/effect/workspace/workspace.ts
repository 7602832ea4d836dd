import type { Git } from "../git/git.js";

/** A task's own worktree and the places beside it. All paths are absolute. */
export interface TaskWorkspace {
  readonly cycle: number;
  /** Task id, or `-` for the read-only view of the cycle's head. */
  readonly task: string;
  /** The repository's path as agents see it. */
  readonly shownRoot: string;
  /** Where the task's files really are; only `keepChanges` and `keepLogged` write there. */
  readonly worktree: string;
  /** Git directory of the worktree. */
  readonly gitDir: string;
  /** The cycle's branch, without `refs/heads/`. */
  readonly branch: string;
  /** The commit of the cycle's branch that the task builds on. */
  readonly baseCommit: string;
  /** Holds everything below and the workspace's record. */
  readonly taskDir: string;
  /** For the sandbox: upper and work directories of the copy-on-write layer. */
  readonly layerDir: string;
  /** For the sandbox: untracked files that survive calls and are never merged. */
  readonly scratchDir: string;
  /** Journals of calls being kept. */
  readonly journalDir: string;
  /** `workspace.deny` as given. */
  readonly deny: readonly string[];
  /** Whether no agent may read this workspace-relative path. */
  isDenied(path: string): boolean;
  /** Git bound to the worktree. */
  readonly git: Git;
}
