import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { replaceDurable } from "../disk/durable.js";

/**
 * What a workspace was made for, in `<task dir>/task.json`: the truth after a crash.
 * `creating` → `ready`; a workspace that is still `creating` has never held work and may be made again.
 */
export interface TaskRecord {
  readonly state: "creating" | "ready";
  /** Name of the worktree's directory. */
  readonly place: string;
  readonly cycle: number;
  readonly task: string;
  /** The cycle's branch. */
  readonly branch: string;
  readonly base_commit: string;
  /** A merged tree being checked out, and the head it will build on. */
  readonly adopting?: { readonly tree: string; readonly head: string };
  /** The commit that a merge is about to put, or has put, on the cycle's branch, and the tree it was made from. */
  readonly merge?: { readonly commit: string; readonly tree: string };
}

/** The record of a task directory; undefined when there is none that can be read. */
export async function readRecord(taskDir: string): Promise<TaskRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(join(taskDir, "task.json"), "utf8")) as TaskRecord;
    return typeof record.base_commit === "string" ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Replaces the record whole. */
export async function writeRecord(taskDir: string, record: TaskRecord): Promise<void> {
  await replaceDurable(join(taskDir, "task.json"), `${JSON.stringify(record)}\n`);
}
