import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { performance } from "node:perf_hooks";
import type { Readable } from "node:stream";
import { MAX_COMMAND_OUTPUT_BYTES, MAX_OUTPUT_FLOOD_BYTES, SANDBOX_END_MS } from "../../kernel/bounds.js";
import { Fault } from "../../kernel/fault.js";
import { createCapture } from "./capture.js";
import { keepKilling, killGroup } from "./kill.js";
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
    let endKilling: () => void = () => undefined;
    const stop = (reason: StopReason): void => {
      if (stopped !== null) return;
      stopped = reason;
      endKilling = keepKilling(child, {
        isWaiting: bounds.waitsForNamespace === true,
        endMs: bounds.endMs ?? SANDBOX_END_MS,
        onStuck: () => reject(new Fault("SANDBOX_STUCK", "a killed sandbox did not end")),
      });
    };
    const cancel = (): void => stop("cancelled");
    const timer = setTimeout(() => stop("timeout"), bounds.timeoutMs);
    const endWatch = startWatch(child, bounds.watch, stop, (thrown) => {
      killGroup(child);
      reject(thrown);
    });
    const settle = (): void => {
      endWatch();
      clearTimeout(timer);
      endKilling();
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
