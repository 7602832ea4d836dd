import { existsSync } from "node:fs";
import { readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { systemRandom } from "../../kernel/ids.js";
import type { Repository } from "../repository/repository.js";
import { readRecord } from "./task-record.js";

/** What ends the name of a task's directory that was put by. */
const PUT_BY = /\.left-[0-9a-f]+$/;

/**
 * Puts the records of a cycle's tasks by, under another name: a cycle whose branch is yet to be made has no tasks, so they
 * are of one that the log no longer knows. Without its record a worktree is nobody's, and moved aside with all it holds
 * before another is made in its place.
 */
export async function putTasksBy({ stateDir }: Repository, cycle: number, branch: string): Promise<void> {
  const folder = join(stateDir, "tasks");
  for (const name of existsSync(folder) ? await readdir(folder) : []) {
    const place = join(folder, name);
    const record = PUT_BY.test(name) ? undefined : await readRecord(place);
    if (record?.cycle !== cycle || record.branch !== branch) continue;
    await rename(place, `${place}.left-${systemRandom.hex(4)}`);
  }
}
