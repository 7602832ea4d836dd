import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import type { Readable } from "node:stream";
import { MAX_COMMAND_OUTPUT_BYTES, MAX_OUTPUT_FLOOD_BYTES, SANDBOX_END_MS } from "../../kernel/bounds.js";
import { Fault } from "../../kernel/fault.js";
import { createCapture } from "./capture.js";
import type { StopReason } from "./spec.js";
import type { UseWatch } from "./use-watch.js";

/** How a program run within bounds came to its end. */
export interface BoundedExit {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What was written to descriptor 3. */
  readonly status: string;
  readonly stopped: StopReason | null;
  readonly durationMs: number;
}

/** Where a program of the user's runs, and as whose: it keeps no descriptor 3, which what it leaves behind could hold open. */
export interface UserPlace {
  /** That of this process unless given. */
  readonly cwd?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
}

/** Time allowed, what may end the program early, and what it reads. */
export interface Bounds {
  /** `/` and an empty environment unless given. */
  readonly place?: UserPlace;
  /** Most it may say on each descriptor; MAX_OUTPUT_FLOOD_BYTES unless given. */
  readonly floodBytes?: number;
  /** How long what was killed may take to end; SANDBOX_END_MS unless given. */
  readonly endMs?: number;
  /** Nothing unless given. */
  readonly input?: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Looks at the running program again and again; what it finds stops it. */
  readonly watch?: UseWatch;
  /** Whether the program waits for the first process of a pid namespace: killing that ends all of them before the program. */
  readonly waitsForNamespace?: boolean;
}

const MAX_STATUS_BYTES = 64 * 1024;

/**
 * Runs a program with an empty environment or the one given, no terminal and its own process group, and
 * resolves when it and everything that holds its output has ended. The time, the output and the
 * signal's abort end it by force. Throws Fault SANDBOX_SETUP when it cannot be started, SANDBOX_STUCK
 * when it does not end although killed.
 */
export function runBounded(file: string, args: readonly string[], bounds: Bounds): Promise<BoundedExit> {
  const started = performance.now();
  const child = start(file, args, bounds);
  const stdout = createCapture(MAX_COMMAND_OUTPUT_BYTES);
  const stderr = createCapture(MAX_COMMAND_OUTPUT_BYTES);
  const status = createCapture(MAX_STATUS_BYTES);
  return new Promise((resolve, reject) => {
    let stopped: StopReason | null = null;
    let stuck: NodeJS.Timeout | undefined;
    const stop = (reason: StopReason): void => {
      if (stopped !== null) return;
      stopped = reason;
      if (bounds.waitsForNamespace !== true || !killChildren(child)) killTree(child);
      stuck = setTimeout(() => {
        killTree(child);
        for (const stream of child.stdio) stream?.destroy(); // what holds them open left the group
        reject(new Fault("SANDBOX_STUCK", "a killed sandbox did not end"));
      }, bounds.endMs ?? SANDBOX_END_MS);
    };
    const cancel = (): void => stop("cancelled");
    const timer = setTimeout(() => stop("timeout"), bounds.timeoutMs);
    const endWatch = startWatch(child, bounds.watch, stop, (thrown) => {
      killTree(child);
      reject(thrown);
    });
    const settle = (): void => {
      endWatch();
      clearTimeout(timer);
      clearTimeout(stuck);
      bounds.signal?.removeEventListener("abort", cancel);
    };
    for (const [stream, capture] of [
      [child.stdout, stdout],
      [child.stderr, stderr],
      [child.stdio[3] as Readable | null, status],
    ] as const)
      stream?.on("data", (chunk: Buffer) => {
        capture.add(chunk);
        if (capture.seenBytes() > (bounds.floodBytes ?? MAX_OUTPUT_FLOOD_BYTES)) stop("output");
      });
    bounds.signal?.addEventListener("abort", cancel, { once: true });
    if (bounds.signal?.aborted === true) cancel();
    child.once("error", (cause) => {
      settle();
      reject(new Fault("SANDBOX_SETUP", `${file} could not be started: ${cause.message}`, { cause, exitCode: 2 }));
    });
    child.once("close", (code) => {
      settle();
      resolve({
        code,
        stdout: stdout.text(),
        stderr: stderr.text(),
        status: status.text(),
        stopped: stopped ?? (code === null ? "killed" : null),
        durationMs: Math.round(performance.now() - started),
      });
    });
  });
}

function start(file: string, args: readonly string[], { input, place }: Bounds): ChildProcess {
  const stdin = input === undefined ? "ignore" : "pipe";
  const { cwd, env } = place ?? { cwd: "/", env: {} };
  const status = place === undefined ? "pipe" : "ignore";
  const stdio: StdioOptions = [stdin, "pipe", "pipe", status];
  const child = spawn(file, args, { ...(cwd === undefined ? {} : { cwd }), env, detached: true, stdio });
  child.stdin?.once("error", () => undefined); // a program that does not read says why itself
  child.stdin?.end(input);
  return child;
}

/** Looks at a running program now and then, one look at a time. Gives what ends the looking. */
function startWatch(
  { pid }: ChildProcess,
  watch: UseWatch | undefined,
  stop: (reason: StopReason) => void,
  fail: (thrown: Error) => void,
): () => void {
  if (watch === undefined || pid === undefined) return () => undefined;
  let timer: NodeJS.Timeout | undefined;
  let over = false;
  const look = async (): Promise<void> => {
    const found = await watch.running(pid);
    if (over) return;
    if (found === null) next();
    else stop(found);
  };
  const next = (): void => {
    timer = setTimeout(() => void look().catch(fail), watch.waitMs());
  };
  next();
  return () => {
    over = true;
    clearTimeout(timer);
  };
}

/**
 * Kills what the program started and waits for. Of a pid namespace's first process the kernel lets nobody see the end before
 * all others in it have ended; were the program killed as well, its end would say nothing of theirs. False where there is none.
 */
function killChildren({ pid }: ChildProcess): boolean {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").map(Number);
    return children.filter((one) => one > 0).map((one) => process.kill(one, "SIGKILL")).length > 0;
  } catch {
    return false; // gone meanwhile, or a kernel that does not tell
  }
}

/** The group holds the set-up; killing its first process makes the kernel end the whole pid namespace. */
function killTree(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    child.kill("SIGKILL"); // the group is gone already
  }
}
