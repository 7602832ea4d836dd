import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { sha256Hex } from "../../kernel/canonical.js";
import { Fault } from "../../kernel/fault.js";
import { err, ok, type Result } from "../../kernel/result.js";
import type { Change } from "../../schema/effect.js";
import { type Permit, useForHash } from "../authority.js";
import { diskFault } from "../disk/disk-fault.js";
import { ensureParents, hashFile } from "../disk/file-content.js";
import { noteKept } from "../workspace/kept-paths.js";
import type { TaskWorkspace } from "../workspace/workspace.js";
import { journalKey } from "./journal.js";
import { assertRecovered, type KeepOptions, type KeepRequest } from "./keep.js";
import { overwriteFile } from "./overwrite.js";
import type { KeepChange } from "./prepared.js";
import { compareBefore } from "./stale-file.js";

/**
 * Keeping one structured write whose journal is the event log (docs/adr/0011):
 *
 *   on record ──► checked ──► torn ──► applied ──► recorded
 *
 * Before the call comes here, the decision with its change, and the proposal with the whole content, are events on disk.
 * So the file is written where it lies and forced to disk by nobody: whatever a crash leaves of it, the log has it whole.
 */
export interface LoggedWrite {
  readonly callId: string;
  readonly change: Change;
  /** The text the log holds, as its proposal has it. */
  readonly content: string;
}

/** The text of a call that changes one file and nothing else, or undefined for any other. */
export function loggableText(changes: readonly KeepChange[]): string | undefined {
  const [change] = changes;
  if (changes.length !== 1 || change?.mode !== undefined) return undefined;
  return typeof change?.content === "string" ? change.content : undefined;
}

/**
 * Puts the one change of a call that is on record into the worktree. The file must still be what the change was made from
 * (no lost update), else nothing is kept and the error says why. The caller records that it was kept.
 * Throws Fault ERROR_NOT_APPROVED, DISK_FULL, JOURNAL_PENDING, and KEEP_TORN when only recovery can help.
 */
export async function keepLogged(
  permit: Permit,
  workspace: TaskWorkspace,
  { callId, prepared }: Pick<KeepRequest, "callId" | "prepared">,
  options: KeepOptions = {},
): Promise<Result<readonly Change[], string>> {
  useForHash(permit, callId, prepared.argsHash);
  const write = writeOf(callId, prepared.changes);
  assertRecovered(workspace);
  const fault = (await compareBefore(workspace, prepared.changes)) ?? unlikeJudged(write);
  if (fault !== undefined) return err(fault);
  options.onStep?.("checked");
  try {
    put(workspace, write, options);
  } catch (thrown) {
    throw diskFault(thrown, workspace.worktree);
  }
  options.onStep?.("applied");
  return ok([write.change]);
}

function writeOf(callId: string, changes: readonly KeepChange[]): LoggedWrite {
  const content = loggableText(changes);
  const [change] = changes;
  if (content === undefined || change === undefined) throw new Fault("NOT_LOGGED", `${callId} is no single write`);
  const { path, kind, before, after } = change;
  return { callId, content, change: { path, kind, before, after } };
}

function unlikeJudged({ change, content }: LoggedWrite): string | undefined {
  return sha256Hex(content) === change.after ? undefined : `${change.path} is not what was judged; nothing was kept.`;
}

/**
 * Finishes a write that was interrupted between its decision and its record. `kept`: the file holds the new content now, and
 * the call is to be recorded. `untouched`: nothing had been done, so the call can run again, through the gate. Content
 * that is neither the old nor the new (a torn file, or somebody else's) is moved aside, never lost.
 */
export async function finishLogged(workspace: TaskWorkspace, write: LoggedWrite): Promise<"kept" | "untouched"> {
  const current = await hashFile(join(workspace.worktree, write.change.path));
  if (current === write.change.before) return "untouched";
  await restoreLogged(workspace, write);
  return "kept";
}

/** Makes a file hold again what was kept, after the machine went down; whether that was needed. */
export async function restoreLogged(workspace: TaskWorkspace, write: LoggedWrite): Promise<boolean> {
  const { callId, change, content } = write;
  if (sha256Hex(content) !== change.after)
    throw new Fault("KEEP_UNRECOVERABLE", `${callId}: the log does not hold what ${change.path} was to become`);
  const target = join(workspace.worktree, change.path);
  const current = await hashFile(target);
  if (current === change.after) return false;
  if (current !== null) renameSync(target, join(workspace.taskDir, `displaced.${journalKey(callId)}`));
  put(workspace, write, {});
  return true;
}

function put(workspace: TaskWorkspace, { change, content }: LoggedWrite, options: KeepOptions): void {
  const target = join(workspace.worktree, change.path);
  ensureParents(workspace.worktree, change.path);
  const made = !existsSync(target);
  overwriteFile(target, content, { made, ...(options.onStep === undefined ? {} : { onStep: options.onStep }) });
  noteKept(workspace, [change]);
}
