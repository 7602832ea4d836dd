import { fstatSync, statSync, writeSync } from "node:fs";
import type { CliContext, Screen } from "./context.js";

const DEFAULT_COLUMNS = 80;
const NOWHERE = "/dev/null";
/** Exit code of an interrupted run (DESIGN §13). */
const INTERRUPTED = 130;

/** A screen that may have taken to a stream, which writes when it can. */
interface ProcessScreen extends Screen {
  readonly streams: boolean;
}

/** Writes bytes to a file descriptor and answers how many it took. */
type Write = (descriptor: number, bytes: Buffer) => number;

/**
 * A screen on a standard stream. Text goes straight to the file descriptor, as opening the stream is a
 * good part of what a short command costs; the stream takes over where the descriptor would block.
 * A reader that went away ends the writing, not the work: a run whose viewer left goes on.
 */
export function screenOn(descriptor: 1 | 2, write: Write = writeSync): ProcessScreen {
  const state: { closed: boolean; stream?: NodeJS.WriteStream } = { closed: false };

  function stream(): NodeJS.WriteStream {
    if (state.stream === undefined) {
      state.stream = descriptor === 1 ? process.stdout : process.stderr;
      state.stream.on("error", () => {
        state.closed = true;
      });
    }
    return state.stream;
  }

  return {
    write(text) {
      if (state.closed) return;
      const left = state.stream === undefined ? writeAll((bytes) => write(descriptor, bytes), text, state) : text;
      if (left.length > 0) stream().write(left);
    },
    get isTTY() {
      return mayBeTerminal(descriptor) && stream().isTTY === true;
    },
    get columns() {
      return stream().columns ?? DEFAULT_COLUMNS;
    },
    get closed() {
      return state.closed;
    },
    get streams() {
      return state.stream !== undefined;
    },
  };
}

/** Whether it is worth asking: opening a stream takes long, and every terminal is a character device; so is /dev/null. */
function mayBeTerminal(descriptor: number): boolean {
  try {
    const to = fstatSync(descriptor);
    return to.isCharacterDevice() && to.rdev !== statSync(NOWHERE, { throwIfNoEntry: false })?.rdev;
  } catch {
    return false;
  }
}

/** Writes until done; answers what is left where the descriptor would block, nothing where its reader is gone. */
function writeAll(write: (bytes: Buffer) => number, text: string, state: { closed: boolean }): Buffer {
  let left = Buffer.from(text);
  try {
    while (left.length > 0) left = left.subarray(write(left));
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "EAGAIN") return left;
    state.closed = true;
    return left.subarray(left.length);
  }
  return left;
}

/** The first signal aborts and lets the run stop in good order; the second ends the process at once. */
function listenForSignals(): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => controller.abort(new DOMException("interrupted", "AbortError"));
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(INTERRUPTED);
    stop();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  // A run of its own outlives its terminal; any other ends with it, in good order, although shell and kernel both say so.
  process.on("SIGHUP", process.env["WORKNODE_DETACHED"] === "1" ? () => undefined : stop);
  return controller.signal;
}

/**
 * The context of this process. Nothing is touched before it is asked for: opening the standard streams
 * and listening for signals are a good part of what a short command costs.
 */
export function processContext(): CliContext {
  const parts: { out?: Screen; err?: Screen; signal?: AbortSignal } = {};
  return {
    cwd: process.cwd(),
    env: process.env,
    get out() {
      return (parts.out ??= screenOn(1));
    },
    get err() {
      return (parts.err ??= screenOn(2));
    },
    get signal() {
      return (parts.signal ??= listenForSignals());
    },
    get confirm() {
      return isInteractive() ? askOnTerminal : undefined;
    },
    get key() {
      return isInteractive() ? keyOnTerminal : undefined;
    },
  };
}

function isInteractive(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

async function askOnTerminal(question: string): Promise<boolean> {
  return await (await import("./confirm.js")).confirmOnTerminal(question);
}

async function keyOnTerminal(question: string): Promise<string> {
  return await (await import("./confirm.js")).keyOnTerminal(question);
}
