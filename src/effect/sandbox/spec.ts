/** Sandboxes worknode knows. */
export type Backend = "util-linux" | "bubblewrap";

/** A copy-on-write layer on disk. `upper` and `work` lie in `dir`, as overlayfs wants them on one mount. */
export interface Layer {
  readonly dir: string;
  readonly upper: string;
  readonly work: string;
}

/** A path of the workspace filled from elsewhere (`node_modules`), each through its own throw-away overlay. */
export interface LinkMount {
  /** Workspace-relative path. */
  readonly path: string;
  /** Absolute directory on the host; only read. */
  readonly source: string;
  /** Paths below it whose content no command may see or change. */
  readonly masks?: readonly string[];
}

/** Where the worktree's git lives on the host. */
export interface GitView {
  readonly commonDir: string;
  /** The worktree's own directory, `<commonDir>/worktrees/<name>`. */
  readonly gitDir: string;
}

/** What surrounds every command of a task: the same for all its calls. Host paths are absolute. */
export interface SandboxSetting {
  /** The workspace's path inside the sandbox: the repository's own absolute path. */
  readonly shownRoot: string;
  /** The task's worktree; only read. */
  readonly lower: string;
  readonly links: readonly LinkMount[];
  /** Workspace-relative paths whose content no command may see or change. */
  readonly masks: readonly string[];
  /** Installation prefixes or single programs, read-only at the same path. */
  readonly toolchains: readonly string[];
  /** `workspace.env`; wins over the defaults. */
  readonly env: Readonly<Record<string, string>>;
  /** Shares the host's network. True only for a `prepare` the approved plan gives network to. */
  readonly network: boolean;
  readonly git?: GitView;
  /** As `probeBackends` chose it; util-linux unless given. */
  readonly backend?: Backend;
}

/** One command in one layer. */
export interface SandboxSpec extends SandboxSetting {
  readonly layer: Layer;
  /** The task's scratch: a second lower layer above the worktree, when it has any. */
  readonly scratch?: string;
  readonly argv: readonly string[];
  /** Workspace-relative directory to start in; empty for the root. */
  readonly cwd: string;
  readonly timeoutMs: number;
  /** Tighter than the bounds of the program, for tests. */
  readonly limits?: { readonly diskBytes?: number; readonly files?: number; readonly memoryBytes?: number };
}

/** Why a command did not come to its own end. `killed`: something outside ended the sandbox (out of memory). */
export type StopReason = "timeout" | "output" | "cancelled" | "killed" | "disk" | "memory";

/** What a command left behind. `exit_code` is null when it was stopped; 128 + n when signal n ended it. */
export interface SandboxRun {
  readonly exit_code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly stopped: StopReason | null;
  readonly duration_ms: number;
}
