import { existsSync, readFileSync } from "node:fs";

/**
 * Start time of a process in clock ticks since boot, undefined when it is gone. Where there is no
 * `/proc` it is the empty text for every living process.
 */
export function startTimeOf(pid: number, procDir = "/proc"): string | undefined {
  if (!existsSync(`${procDir}/self/stat`)) return isSignalable(pid) ? "" : undefined;
  try {
    const stat = readFileSync(`${procDir}/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

function isSignalable(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
