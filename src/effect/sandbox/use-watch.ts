import { totalmem } from "node:os";
import {
  MAX_SANDBOX_DISK_BYTES,
  MAX_SANDBOX_FILES,
  MAX_SANDBOX_MEMORY_BYTES,
  MAX_SANDBOX_MEMORY_SHARE,
  USE_LOOK_MS,
} from "../../kernel/bounds.js";
import { Fault, messageOf } from "../../kernel/fault.js";
import { runBounded } from "./bounded-process.js";
import { isEmpty } from "./layer.js";
import { exactMemory, processUse } from "./process-use.js";
import type { SandboxSpec } from "./spec.js";

/** What a command used more of than it may. */
export type Overuse = "disk" | "memory";

/** A command's use of the machine, looked at while it runs and once more when it has ended. */
export interface UseWatch {
  /** Time until the next look; looking never takes more than a fifth of the time. */
  waitMs(): number;
  /** What the processes from `pid` on use too much of; null for nothing. */
  running(pid: number): Promise<Overuse | null>;
  /** What was left behind is too much; null where it is not. */
  ended(): Promise<Overuse | null>;
}

/** What a tree takes of a disk. */
interface DiskUse {
  readonly bytes: number;
  readonly files: number;
}

/** A layer that holds less is never too much, however full the task's scratch is: a command must be able to clear it. */
const NO_GROWTH: DiskUse = { bytes: 1024 * 1024, files: 1_000 };
const PATIENCE = 5;
const DU_MS = 60_000;

/**
 * Watches what one command writes to its layer and the task's scratch, and what memory it holds. The kernel can
 * bound neither for an ordinary user without control groups of their own, so worknode looks and stops the command: it
 * may be over for as long as a look takes to come. Throws Fault SANDBOX_WATCH when it cannot look.
 */
export function watchUse(spec: Pick<SandboxSpec, "layer" | "scratch" | "limits">): UseWatch {
  const disk: DiskUse = {
    bytes: spec.limits?.diskBytes ?? MAX_SANDBOX_DISK_BYTES,
    files: spec.limits?.files ?? MAX_SANDBOX_FILES,
  };
  const share = Math.floor(totalmem() * MAX_SANDBOX_MEMORY_SHARE);
  const memoryBytes = spec.limits?.memoryBytes ?? Math.min(MAX_SANDBOX_MEMORY_BYTES, share);
  let tookMs = 0;

  async function isDiskOver(removedBytes: number): Promise<boolean> {
    const left = await measureUse(spec.layer.dir);
    const own = { ...left, bytes: left.bytes + removedBytes };
    if (!isOver(own, NO_GROWTH)) return false;
    return isOver(own, disk) || (spec.scratch !== undefined && isOver(sum(own, await measureUse(spec.scratch)), disk));
  }

  async function look(pid: number): Promise<Overuse | null> {
    const use = await processUse(pid);
    if (use.memoryBytes > memoryBytes && (await exactMemory(pid)) > memoryBytes) return "memory";
    return (await isDiskOver(use.removedBytes)) ? "disk" : null;
  }

  return {
    waitMs: () => Math.max(USE_LOOK_MS, PATIENCE * tookMs),
    async running(pid) {
      const started = performance.now();
      const over = await look(pid);
      tookMs = performance.now() - started;
      return over;
    },
    ended: async () => (isEmpty(spec.layer.upper) ? null : (await isDiskOver(0)) ? "disk" : null),
  };
}

function isOver(use: DiskUse, limit: DiskUse): boolean {
  return use.bytes > limit.bytes || use.files > limit.files;
}

function sum(one: DiskUse, other: DiskUse): DiskUse {
  return { bytes: one.bytes + other.bytes, files: one.files + other.files };
}

const MEASURE = '/usr/bin/du -s --block-size=1 -- "$1"; /usr/bin/du -s --inodes -- "$1"';

/** How a tree is measured, and for how long at most. */
interface Measure {
  /** For `/bin/sh`: prints bytes and number of files, each at the beginning of a line and before a tab; `$1` is the tree. */
  readonly script: string;
  readonly timeoutMs: number;
}

/**
 * What a tree takes, as root of a user namespace of its own: a folder without permissions hides nothing. Whatever measures is
 * ended with all that it started when it takes too long. Throws Fault SANDBOX_WATCH.
 */
export async function measureUse(
  directory: string,
  { script, timeoutMs }: Measure = { script: MEASURE, timeoutMs: DU_MS },
): Promise<DiskUse> {
  const args = ["--user", "--map-root-user", "--", "/bin/sh", "-c", script, "sh", directory];
  const { stdout, stderr, stopped } = await runBounded("/usr/bin/unshare", args, { timeoutMs }).catch(unmeasured);
  if (stopped === "timeout") throw unmeasurable(`du did not end within ${timeoutMs / 1_000} s`);
  const found = /^(\d+)\t[^]*\n(\d+)\t/.exec(stdout); // complaints of files that went meanwhile do not matter
  if (found === null) throw unmeasurable(stderr.trim() === "" ? "du said nothing" : stderr.trim());
  return { bytes: Number(found[1]), files: Number(found[2]) };
}

function unmeasured(thrown: unknown): never {
  throw unmeasurable(messageOf(thrown));
}

function unmeasurable(why: string): Fault {
  return new Fault("SANDBOX_WATCH", `what a command writes cannot be measured: ${why}`, { exitCode: 2 });
}
