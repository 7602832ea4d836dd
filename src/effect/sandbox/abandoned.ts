import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { removeTree } from "./layer.js";

const OWNED = /^(?:bash|verify|probe|check)-(\d+)\./;

/** A name for a folder of this process alone: who comes later can tell when nobody owns it any more. */
export function ownedName(kind: "bash" | "verify" | "probe" | "check", rest: string): string {
  return `${kind}-${process.pid}.${rest}`;
}

/**
 * Removes from a directory the layers and places of processes that are gone. What cannot be removed stays for the next to
 * try: it is in nobody's way.
 */
export async function removeAbandoned(directory: string): Promise<void> {
  if (!existsSync(directory)) return;
  for (const name of readdirSync(directory)) {
    const owner = OWNED.exec(name)?.[1];
    if (owner === undefined || isRunning(Number(owner))) continue;
    await removeTree(join(directory, name)).catch(() => undefined);
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
