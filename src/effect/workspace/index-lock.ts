import { readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { MAX_LOCK_WAIT_MS } from "../../kernel/bounds.js";
import type { Clock } from "../../kernel/clock.js";
import { Fault } from "../../kernel/fault.js";
import { isWithin } from "../sandbox/mount-table.js";
import type { TaskWorkspace } from "./workspace.js";

/** A lock that stays this long without a holder that can be seen was left by a dead one. */
const MAX_UNHELD_MS = 10_000;
/** Time between two looks at the lock, and of these one in so many looks for its holder, too. */
const POLL_MS = 50;
const POLLS_A_SEARCH = 20;

/**
 * Waits for a git that is at a worktree's index: one that outlived its worknode, or a person's, which keeps the lock while an
 * editor is open. One that nobody holds is taken away. A holder is seen by its folder or what it has open, so not in another
 * container, nor where there is no `/proc`, nor another user's by an ordinary one. Throws Fault INDEX_HELD (transient) after MAX_LOCK_WAIT_MS.
 */
export async function freeIndex(
  { gitDir, worktree }: Pick<TaskWorkspace, "gitDir" | "worktree">,
  clock: Clock,
): Promise<void> {
  const lock = join(gitDir, "index.lock");
  let holder: number | undefined;
  for (let polls = 0; polls * POLL_MS <= MAX_LOCK_WAIT_MS; polls += 1) {
    if ((await stat(lock).catch(() => undefined)) === undefined) return;
    if (polls * POLL_MS >= MAX_UNHELD_MS && polls % POLLS_A_SEARCH === 0) {
      holder = findHolder(lock, worktree);
      if (holder === undefined) return await rm(lock, { force: true });
    }
    await clock.sleep(POLL_MS);
  }
  throw new Fault(
    "INDEX_HELD",
    `process ${holder} has been at the index of ${worktree} for ${MAX_LOCK_WAIT_MS} ms. Let it finish, or end it: a commit that waits in an editor there keeps worknode out.`,
    { retry: "transient" },
  );
}

/** A process of the lock's owner that has it open, or is a git in the worktree; undefined where none can be seen. */
function findHolder(lock: string, worktree: string): number | undefined {
  try {
    const [file, folder, { uid }] = [realpathSync(lock), realpathSync(worktree), statSync(lock)];
    const ids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    return ids.map(Number).find((id) => isAt(id, { file, folder, uid }));
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined; // given up meanwhile, or no `/proc`
    throw thrown;
  }
}

interface Held {
  readonly file: string;
  readonly folder: string;
  readonly uid: number;
}

function isAt(id: number, { file, folder, uid }: Held): boolean {
  const place = `/proc/${id}`;
  try {
    if (statSync(place).uid !== uid) return false;
    const isGit = readFileSync(`${place}/comm`, "utf8").startsWith("git");
    if (isGit && isWithin(linkAt(`${place}/cwd`), folder)) return true;
    return readdirSync(`${place}/fd`).some((name) => linkAt(`${place}/fd/${name}`) === file);
  } catch {
    return false; // it ended meanwhile, or is closed to this user, whose lock it is not then
  }
}

/** Where a link of `/proc` leads; nowhere where it went meanwhile. */
function linkAt(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
