import { existsSync, lstatSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { currentBoot } from "../lock/boot.js";
import { removeTree } from "./layer.js";
import { startTimeOf } from "./process-start.js";

/** Kind, process, pid namespace, start time and boot; a name of an earlier program has the process alone. */
const OWNED = /^(?:bash|verify|probe|check)-(\d+)(?:-(\d*)-(\d*)-([0-9a-f]*))?\./;
/** A boot's id is random: this much of it tells one from another. */
const BOOT_CHARS = 12;
/** No call takes this long: what is older belongs to nobody, wherever its process was. */
const MAX_UNKNOWN_MS = 7 * 86_400_000;

/**
 * A name for a folder of this process alone: who comes later can tell when nobody owns it any more. It says where the
 * process's number holds, as containers that share a folder give out the same numbers.
 */
export function ownedName(kind: "bash" | "verify" | "probe" | "check", rest: string): string {
  const { namespace, boot } = numberedHere();
  const start = startTimeOf(process.pid) ?? "";
  return `${kind}-${process.pid}-${namespace}-${start}-${boot}.${rest}`;
}

/**
 * Removes from a directory the layers and places of processes that are gone. Of a process of another container, machine or
 * boot nothing is known: what it owns stays for a week. What cannot be removed stays for the next to try: it is in nobody's way.
 */
export async function removeAbandoned(directory: string, nowMs = Date.now()): Promise<void> {
  if (!existsSync(directory)) return;
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    if (isAbandoned(name, path, nowMs)) await removeTree(path).catch(() => undefined);
  }
}

function isAbandoned(name: string, path: string, nowMs: number): boolean {
  const owner = OWNED.exec(name);
  if (owner === null) return false;
  const [, pid, namespace, start, boot] = owner;
  if (isHere({ namespace, boot })) return !isRunning(Number(pid), start);
  const made = lstatSync(path, { throwIfNoEntry: false })?.mtimeMs;
  return made !== undefined && nowMs - made > MAX_UNKNOWN_MS;
}

/** Where numbers of processes hold; empty or absent where it cannot be told. */
interface Place {
  readonly namespace: string | undefined;
  readonly boot: string | undefined;
}

function isHere({ namespace = "", boot = "" }: Place): boolean {
  const here = numberedHere();
  return namespace !== "" && boot !== "" && namespace === here.namespace && boot === here.boot;
}

/** Where the numbers of processes are given out as they are for this one. */
function numberedHere(): Place {
  return { namespace: pidNamespace(), boot: (currentBoot() ?? "").replaceAll("-", "").slice(0, BOOT_CHARS) };
}

/** The number of this process's pid namespace, which no other of this boot has while this one lasts. */
function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? "";
  } catch {
    return ""; // no Linux, or none that says so
  }
}

/** The same process, not a later one with its number. One whose start cannot be read counts as the same. */
function isRunning(pid: number, start = ""): boolean {
  const found = startTimeOf(pid);
  return found === undefined || start === "" ? isThere(pid) : found === start;
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
