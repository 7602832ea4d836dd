import { readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Json, sha256Hex } from "../../kernel/canonical.js";
import { Fault } from "../../kernel/fault.js";
import type { Change } from "../../schema/effect.js";
import { syncPath, writeDurable } from "../disk/durable.js";
import { ensureParents, hashFile } from "../disk/file-content.js";
import type { TaskWorkspace } from "../workspace/workspace.js";

/**
 * A call being kept, as written before the worktree is touched:
 *
 *   staged ──► journaled ──► renamed… ──► recorded ──► dropped
 *
 * Before `journaled` a crash leaves nothing but stray staged files; from then on the call is decided,
 * and recovery does the rest again, each step of which may be done twice. New contents lie beside the
 * journal as `<key>.<n>` and are renamed into place, so no file is ever seen half written.
 */
export interface Journal {
  readonly call_id: string;
  readonly changes: readonly Change[];
  /** What the caller wants to have again after a crash, for example the tool's result. */
  readonly result: Json;
}

/** Where a call's journal and staged contents are: flat in one directory, so that one sync covers them. */
export function journalKey(callId: string): string {
  return sha256Hex(callId).slice(0, 32);
}

/** The staged content of a journal's n-th change. */
export function stagedFile(workspace: TaskWorkspace, key: string, index: number): string {
  return join(workspace.journalDir, `${key}.${index}`);
}

/** Commits the decision to keep a call: after this, recovery finishes it. */
export async function writeJournal(workspace: TaskWorkspace, key: string, journal: Journal): Promise<void> {
  const temporary = join(workspace.journalDir, `${key}.tmp`);
  await writeDurable(temporary, JSON.stringify(journal));
  renameSync(temporary, join(workspace.journalDir, `${key}.json`));
  await syncPath(workspace.journalDir);
}

/** Renames one staged content into place, or makes the folder. Doing it again changes nothing. */
export async function applyChange(workspace: TaskWorkspace, key: string, index: number, change: Change): Promise<void> {
  if (isFolder(change)) return ensureParents(workspace.worktree, join(change.path, "-"));
  const staged = stagedFile(workspace, key, index);
  if ((await hashFile(staged)) === null) return; // done before the crash
  const target = join(workspace.worktree, change.path);
  ensureParents(workspace.worktree, change.path);
  await displaceForeign(workspace, { target, change, aside: `${key}.${index}` });
  renameSync(staged, target);
}

/** A change that makes a folder: it has no content. */
export function isFolder({ kind, after }: Pick<Change, "kind" | "after">): boolean {
  return kind === "add" && after === null;
}

/** Content that is neither what the call was made from nor its result was put there by someone else: never lost. */
async function displaceForeign(
  workspace: TaskWorkspace,
  at: { target: string; change: Change; aside: string },
): Promise<void> {
  const current = await hashFile(at.target);
  if (current === null || current === at.change.before || current === at.change.after) return;
  renameSync(at.target, join(workspace.taskDir, `displaced.${at.aside}`));
}

/** Forces the new names to disk before the journal that could repeat them goes. */
export async function syncTargets(workspace: TaskWorkspace, changes: readonly Change[]): Promise<void> {
  const directories = new Set(changes.map((change) => dirname(join(workspace.worktree, change.path))));
  for (const directory of directories) await syncPath(directory);
}

/** The call is recorded elsewhere: nothing is left to recover. */
export function dropJournal(workspace: TaskWorkspace, key: string): void {
  rmSync(join(workspace.journalDir, `${key}.json`), { force: true });
}

/** Journals of decided calls, in the order they were written, by key. Throws Fault JOURNAL_CORRUPT. */
export function readJournals(workspace: TaskWorkspace): Map<string, Journal> {
  const names = readdirSync(workspace.journalDir).filter((name) => name.endsWith(".json"));
  const dated = names.map((name) => ({ name, atMs: statSync(join(workspace.journalDir, name)).mtimeMs }));
  dated.sort((a, b) => a.atMs - b.atMs || a.name.localeCompare(b.name));
  return new Map(dated.map(({ name }) => [name.slice(0, -".json".length), readJournal(workspace, name)]));
}

function readJournal(workspace: TaskWorkspace, name: string): Journal {
  const file = join(workspace.journalDir, name);
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Journal;
  } catch (cause) {
    throw new Fault("JOURNAL_CORRUPT", `${file} cannot be read. Move it away to give up the call it belongs to.`, {
      cause,
    });
  }
}

/** Removes staged contents that no journal decided on. */
export function removeStray(workspace: TaskWorkspace): void {
  for (const name of readdirSync(workspace.journalDir)) {
    if (!name.endsWith(".json")) rmSync(join(workspace.journalDir, name), { force: true });
  }
}
