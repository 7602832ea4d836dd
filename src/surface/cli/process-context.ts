import type { CliContext, Screen } from "./context.js";

const DEFAULT_COLUMNS = 80;
/** Exit code of an interrupted run (DESIGN §13). */
const INTERRUPTED = 130;

/** A reader that went away ends the writing, not the work: a run whose viewer left goes on. */
function screenOf(stream: NodeJS.WriteStream): Screen {
  let closed = false;
  stream.on("error", () => {
    closed = true;
  });
  return {
    write(text) {
      if (!closed) stream.write(text);
    },
    get closed() {
      return closed;
    },
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.columns ?? DEFAULT_COLUMNS;
    },
  };
}

/** The first signal aborts and lets the run stop in good order; the second ends the process at once. */
function listenForSignals(): AbortSignal {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(INTERRUPTED);
    controller.abort(new DOMException("interrupted", "AbortError"));
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return controller.signal;
}

/** The context of this process. Signals are left alone until a verb asks for `signal`. */
export function processContext(): CliContext {
  let signal: AbortSignal | undefined;
  const interactive = process.stdin.isTTY === true && process.stderr.isTTY === true;
  return {
    cwd: process.cwd(),
    env: process.env,
    out: screenOf(process.stdout),
    err: screenOf(process.stderr),
    get signal() {
      signal ??= listenForSignals();
      return signal;
    },
    confirm: interactive
      ? async (question) => await (await import("./confirm.js")).confirmOnTerminal(question)
      : undefined,
  };
}
