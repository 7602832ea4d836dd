import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type Json, sha256Hex } from "../../kernel/canonical.js";
import { Fault, messageOf } from "../../kernel/fault.js";
import { err, ok, type Result } from "../../kernel/result.js";
import type { Change } from "../../schema/effect.js";
import { type Permit, useForHash } from "../authority.js";
import { diskFault } from "../disk/disk-fault.js";
import { writeDurable } from "../disk/durable.js";
import { copyDurable, modeOf } from "../disk/file-content.js";
import { noteKept } from "../workspace/kept-paths.js";
import type { TaskWorkspace } from "../workspace/workspace.js";
import {
  applyChange,
  dropJournal,
  isFolder,
  type Journal,
  journalKey,
  readJournals,
  removeStray,
  stagedFile,
  syncTargets,
  writeJournal,
} from "./journal.js";
import type { KeepChange, Prepared } from "./prepared.js";
import { compareBefore } from "./stale-file.js";

/** A call whose effects the gate allowed. */
export interface KeepRequest {
  readonly callId: string;
  /** `argsHash` is that of the tool's arguments, which the permit was given for. */
  readonly prepared: Pick<Prepared, "argsHash" | "changes">;
  /** Handed back by `recoverJournal`, so that a crash loses nothing the caller must record. */
  readonly result?: Json;
  /** Records the call, in one transaction. When it throws or rejects, the journal stays and recovery records again. */
  readonly record: (changes: readonly Change[]) => void | Promise<void>;
  /**
   * In place of `record`: has the call recorded later, and calls `recorded` once it is. Until then the journal stays, so
   * that after a crash recovery records it; no other call is kept in the workspace meanwhile.
   */
  readonly defer?: (changes: readonly Change[], recorded: () => void) => void;
}

/** Points of a keep in order, at which a test may stop it; `renamed` comes once for each change, `torn` in a logged write alone. */
export type KeepStep = "checked" | "torn" | "staged" | "journaled" | "renamed" | "applied" | "recorded" | "dropped";

/** What tests inject. */
export interface KeepOptions {
  readonly onStep?: (step: KeepStep) => void;
}

/**
 * Puts the changes of one call into the worktree: all of them or none. Each file must still be what
 * the change was made from (no lost update), else nothing is kept and the error says why.
 * Throws Fault ERROR_NOT_APPROVED, DISK_FULL, JOURNAL_PENDING when an earlier call awaits recovery, KEEP_TORN when the call
 * is decided and only recovery can finish it, and what the store throws in `record`.
 */
export async function keepChanges(
  permit: Permit,
  workspace: TaskWorkspace,
  request: KeepRequest,
  options: KeepOptions = {},
): Promise<Result<readonly Change[], string>> {
  const { callId, prepared } = request;
  useForHash(permit, callId, prepared.argsHash);
  try {
    return await keepAll(workspace, request, stepOf(options));
  } catch (thrown) {
    throw diskFault(thrown, workspace.worktree);
  }
}

async function keepAll(
  workspace: TaskWorkspace,
  request: KeepRequest,
  step: (step: KeepStep) => void,
): Promise<Result<readonly Change[], string>> {
  const { callId, prepared } = request;
  assertRecovered(workspace);
  const stale = await compareBefore(workspace, prepared.changes);
  if (stale !== undefined) return err(stale);
  step("checked");
  const key = journalKey(callId);
  const unlike = await stageAll(workspace, key, prepared.changes);
  if (unlike !== undefined) return err(unlike);
  step("staged");
  const changes = prepared.changes.map(({ path, kind, before, after }): Change => ({ path, kind, before, after }));
  const journal: Journal = { call_id: callId, changes, result: request.result ?? null };
  if (changes.length > 0) await writeJournal(workspace, key, journal);
  step("journaled");
  const { defer } = request;
  const later = defer === undefined ? {} : { defer: (recorded: () => void) => defer(changes, recorded) };
  const decided = { key, journal, record: () => request.record(changes), ...later };
  await finish(workspace, decided, step).catch((thrown: unknown) => {
    throw changes.length > 0 ? tornFault(workspace, thrown) : thrown;
  });
  return ok(changes);
}

/**
 * What stops a call that its journal has decided leaves files of it in place and others not: no later call may build on
 * that. What is neither the system's nor a fault (an interruption, a broken invariant) and the store's own are passed on.
 */
function tornFault({ worktree }: TaskWorkspace, thrown: unknown): unknown {
  const { code } = thrown as { code?: unknown };
  if (typeof code !== "string" || code.startsWith("STORE_")) return thrown;
  const why = messageOf(diskFault(thrown, worktree));
  const message = `a call was kept only in part in ${worktree}: ${why} \`worknode continue\` keeps the rest of it.`;
  return new Fault("KEEP_TORN", message, { cause: thrown, exitCode: 2 });
}

function stepOf(options: KeepOptions): (step: KeepStep) => void {
  return options.onStep ?? (() => undefined);
}

/** A call that recovery finished. */
export interface RecoveredCall {
  readonly callId: string;
  readonly changes: readonly Change[];
  readonly result: Json;
}

/**
 * Finishes every call whose keeping was interrupted, and returns them. `record` must be idempotent: it
 * is called even when the call was recorded just before the crash. No permit is taken, because a
 * journal is only ever written by a call that used its own. Doing it twice changes nothing.
 */
export async function recoverJournal(
  workspace: TaskWorkspace,
  record: (call: RecoveredCall) => void,
  options: KeepOptions = {},
): Promise<RecoveredCall[]> {
  const recovered: RecoveredCall[] = [];
  for (const [key, journal] of readJournals(workspace)) {
    const call = { callId: journal.call_id, changes: journal.changes, result: journal.result };
    await finish(workspace, { key, journal, record: () => record(call) }, stepOf(options));
    recovered.push(call);
  }
  removeStray(workspace);
  return recovered;
}

interface Decided {
  readonly key: string;
  readonly journal: Journal;
  readonly record: () => void | Promise<void>;
  readonly defer?: (recorded: () => void) => void;
}

async function finish(workspace: TaskWorkspace, decided: Decided, step: (step: KeepStep) => void): Promise<void> {
  const { key, journal } = decided;
  for (const [index, change] of journal.changes.entries()) {
    await applyChange(workspace, key, index, change);
    step("renamed");
  }
  await syncTargets(workspace, journal.changes);
  noteKept(
    workspace,
    journal.changes.filter((change) => !isFolder(change)),
  );
  step("applied");
  const recorded = (): void => {
    step("recorded");
    dropJournal(workspace, key);
    step("dropped");
  };
  if (decided.defer !== undefined) return decided.defer(recorded);
  await decided.record();
  recorded();
}

/** Throws Fault JOURNAL_PENDING when an earlier call awaits recovery. */
export function assertRecovered(workspace: TaskWorkspace): void {
  if (readdirSync(workspace.journalDir).length === 0) return;
  const [pending] = readJournals(workspace).values();
  if (pending === undefined) return removeStray(workspace);
  const message = `call ${pending.call_id} was interrupted while being kept; \`worknode continue\` finishes it`;
  throw new Fault("JOURNAL_PENDING", message);
}

/** Stages every new content. When one is not what was judged, it says so; then, and when it throws, it leaves nothing behind. */
async function stageAll(
  workspace: TaskWorkspace,
  key: string,
  changes: readonly KeepChange[],
): Promise<string | undefined> {
  try {
    const unlike = await stageEach(workspace, key, changes);
    if (unlike !== undefined) removeStray(workspace);
    return unlike;
  } catch (thrown) {
    removeStray(workspace); // on a full disk, half a file is room that is missed elsewhere
    throw thrown;
  }
}

async function stageEach(
  workspace: TaskWorkspace,
  key: string,
  changes: readonly KeepChange[],
): Promise<string | undefined> {
  for (const [index, change] of changes.entries()) {
    if (isFolder(change)) continue;
    if ((await stageOne(workspace, stagedFile(workspace, key, index), change)) !== change.after)
      return `${change.path} is not what was judged; nothing was kept.`;
  }
  return undefined;
}

async function stageOne(workspace: TaskWorkspace, staged: string, change: KeepChange): Promise<string | null> {
  const target = join(workspace.worktree, change.path);
  const mode = (change.mode ?? modeOf(target) ?? 0o644) & 0o777;
  if (change.content === undefined) return copyDurable(change.sourceFile ?? target, staged, mode);
  await writeDurable(staged, change.content, mode);
  return sha256Hex(change.content);
}
