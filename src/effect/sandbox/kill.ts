import type { ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** How long until what was killed is killed again, with what it started meanwhile (ms). */
const STRIKE_MS = 250;

/** How a program is killed. */
interface Killing {
  /** Whether it only waits for the first process of a pid namespace. */
  readonly isWaiting: boolean;
  /** How long it may take to end (ms), and what is done when it has not. */
  readonly endMs: number;
  readonly onStuck: () => void;
}

/** Kills a program with all it started, again and again until what this answers is called, or it is given up. */
export function keepKilling(child: ChildProcess, { isWaiting, endMs, onStuck }: Killing): () => void {
  const strike = (): void => {
    if (!isWaiting || !killBelow(child)) killGroup(child);
  };
  strike();
  const strikes = setInterval(strike, STRIKE_MS);
  const stuck = setTimeout(() => {
    clearInterval(strikes);
    killGroup(child);
    for (const stream of child.stdio) stream?.destroy(); // what holds them open left the group
    onStuck();
  }, endMs);
  return () => {
    clearInterval(strikes);
    clearTimeout(stuck);
  };
}

/**
 * Kills all that a program started, and leaves it to see their end: of a pid namespace's first process the kernel lets nobody see
 * it before all others in it have ended; were the program killed as well, its end would say nothing of theirs. The first
 * process alone would do, but it may wait for long where a thousand processes try to make more, all at the same locks of the kernel:
 * each of them stops trying when it is killed itself. False where there is none.
 */
function killBelow({ pid }: ChildProcess): boolean {
  const found = pid === undefined ? [] : childrenOf(pid);
  for (const one of found) found.push(...childrenOf(one));
  return found.filter(killOne).length > 0;
}

/** The children of all threads of a process; none where it is gone, or of a kernel that does not tell. */
function childrenOf(pid: number): number[] {
  return tasksOf(pid)
    .flatMap((task) => tellOr("", () => readFileSync(`/proc/${pid}/task/${task}/children`, "utf8")).split(" "))
    .map(Number)
    .filter((child) => child > 0);
}

function tasksOf(pid: number): string[] {
  return tellOr([], () => readdirSync(`/proc/${pid}/task`));
}

/** What the kernel tells of a process, which may be gone at any time. */
function tellOr<T>(otherwise: T, tell: () => T): T {
  try {
    return tell();
  } catch {
    return otherwise;
  }
}

function killOne(pid: number): boolean {
  return tellOr(false, () => process.kill(pid, "SIGKILL"));
}

/** The group holds the set-up; killing its first process makes the kernel end the whole pid namespace. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    child.kill("SIGKILL"); // the group is gone already
  }
}
