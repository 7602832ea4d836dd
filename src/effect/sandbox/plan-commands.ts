import { existsSync } from "node:fs";
import { rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { COMMAND_TIMEOUT_MS } from "../../kernel/bounds.js";
import { Fault } from "../../kernel/fault.js";
import { newId } from "../../kernel/ids.js";
import type { Result } from "../../kernel/result.js";
import { type Call, type Permit, useOnce } from "../authority.js";
import { refuseFullDisk } from "../disk/disk-fault.js";
import { makeFolder } from "../disk/make-folder.js";
import { observePath } from "../disk/path-fact.js";
import { ownedName } from "./abandoned.js";
import { confine } from "./confinement.js";
import { discardLayer, openLayer } from "./layer.js";
import { listAltered, readWritten } from "./merged-view.js";
import type { Layer, SandboxRun, SandboxSetting } from "./spec.js";

/** A command the plan names. */
export interface PlanCommand {
  /** What it is for: `compile`, `test`, `coverage`, `check`, `prepare`. */
  readonly role: string;
  readonly argv: readonly string[];
  /** COMMAND_TIMEOUT_MS unless given. */
  readonly timeoutMs?: number;
}

/** One command's run. `ran` is false when an earlier one failed to compile or was stopped. */
export interface PlanCommandRun extends SandboxRun {
  readonly role: string;
  readonly argv: readonly string[];
  readonly ran: boolean;
}

/** The runs of a plan's commands and the files they left, until discarded. */
export interface PlanCommandResult {
  readonly runs: readonly PlanCommandRun[];
  /** A report that these commands wrote, as they would see it now, never through a link; a text says why there is none. */
  readonly readWritten: (path: string) => Promise<Result<string, string>>;
  /** Of the worktree's files those that the commands changed or removed: they did not run on these. */
  readonly listAltered: (paths: readonly string[]) => Promise<string[]>;
  /** Moves folders the commands made to `target`, at the same paths; answers those that were there. */
  readonly takeFolders: (paths: readonly string[], target: string) => Promise<string[]>;
  /** Removes the layer. Nothing of it is kept. */
  readonly discard: () => Promise<void>;
}

/** A task's surroundings and where its layers may be made. */
export interface CommandWorkspace extends SandboxSetting {
  /** Holds the layers of commands; on the file system of the state directory. */
  readonly layersDir: string;
}

/** What beside the commands is needed. */
export interface PlanCommandOptions {
  readonly signal?: AbortSignal;
  /** Where the commands are to write reports: what is there before is not shown to them, and proves nothing. */
  readonly reports?: readonly string[];
}

/**
 * Runs a plan's commands in order in one fresh layer, so that scratch is empty at first and shared by
 * them: a report found afterwards can only come from them. Their effects are never kept. A command
 * that fails to compile, or that a limit stopped, ends the row; others run whatever came before.
 * `call.args` is what the permit was given for. Throws the faults of `runInSandbox`, REPORT_NOT_REMOVED, and DISK_FULL where a
 * command failed on a disk with nothing left; the layer is then gone already.
 */
export async function runPlanCommands(
  permit: Permit,
  call: Call<{ readonly commands: readonly PlanCommand[] }>,
  workspace: CommandWorkspace,
  options: PlanCommandOptions = {},
): Promise<PlanCommandResult> {
  useOnce(permit, call);
  const layer = await openLayer(join(workspace.layersDir, ownedName("verify", newId("run"))));
  const { upper } = layer;
  const runs: PlanCommandRun[] = [];
  try {
    await removeReports(workspace, layer, options);
    for (const command of call.args.commands)
      runs.push(runs.some(endsRow) ? skipped(command) : await runOne(workspace, layer, command, options.signal));
    if (runs.some(({ exit_code }) => exit_code !== 0)) refuseFullDisk(layer.dir, workspace.layersDir);
  } catch (thrown) {
    await discardLayer(layer);
    throw thrown;
  }
  return {
    runs,
    readWritten: (path) => readWritten({ upper, lower: workspace.lower }, path),
    listAltered: (paths) => listAltered({ upper, lower: workspace.lower }, paths),
    takeFolders: (paths, target) => takeFolders(upper, paths, target),
    discard: () => discardLayer(layer),
  };
}

/**
 * Takes reports that were there before out of what the commands see: a command that does no more than touch one would pass
 * for the one that wrote it.
 */
async function removeReports(
  workspace: CommandWorkspace,
  layer: Layer,
  { reports = [], signal }: PlanCommandOptions,
): Promise<void> {
  const old = reports.filter((path) => existsSync(join(workspace.lower, path)));
  if (old.length === 0) return;
  const remove = { role: "prepare", argv: ["/bin/rm", "-rf", "--", ...old] };
  const { exit_code, stopped, stderr } = await runOne(workspace, layer, remove, signal);
  if (exit_code === 0 || stopped === "cancelled") return;
  const why = stopped ?? stderr.trim();
  throw new Fault("REPORT_NOT_REMOVED", `the old report ${old.join(", ")} cannot be put aside: ${why}`, {
    exitCode: 2,
  });
}

/** Real folders in real folders: a link a command left on the way would move one of the host. */
async function takeFolders(upper: string, paths: readonly string[], target: string): Promise<string[]> {
  const made: string[] = [];
  for (const path of paths) if ((await observePath(upper, path)).kind === "directory") made.push(path);
  for (const path of made) {
    makeFolder(dirname(join(target, path)));
    await rename(join(upper, path), join(target, path));
  }
  return made;
}

async function runOne(
  workspace: CommandWorkspace,
  layer: Layer,
  command: PlanCommand,
  signal: AbortSignal | undefined,
): Promise<PlanCommandRun> {
  const timeoutMs = command.timeoutMs ?? COMMAND_TIMEOUT_MS;
  const run = await confine({ ...workspace, layer, argv: command.argv, cwd: "", timeoutMs }, signal);
  return { ...run, role: command.role, argv: command.argv, ran: true };
}

function endsRow(run: PlanCommandRun): boolean {
  return run.stopped !== null || (run.role === "compile" && run.exit_code !== 0);
}

function skipped(command: PlanCommand): PlanCommandRun {
  const { role, argv } = command;
  return { role, argv, ran: false, exit_code: null, stdout: "", stderr: "", stopped: null, duration_ms: 0 };
}
