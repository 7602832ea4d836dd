import { showBrief } from "./brief.js";
import type { Screen } from "./context.js";
import { screenOn } from "./process-context.js";
import { showStatus } from "./status-report.js";

/**
 * Does `continue --brief` or `status`; where it could, it answers true or has ended the process, as nothing is
 * left to wait for. Built into a file of its own, with no parser, no schemas and no writing side of the store.
 * Answers false, having printed nothing, where it could not: the long way meets the same fault and reports it.
 */
export function runShort(args: readonly string[]): boolean {
  const [out, err] = [held(screenOn(1)), held(screenOn(2))];
  const context = { cwd: process.cwd(), env: process.env, out, err };
  try {
    process.exitCode = args[0] === "status" ? showStatus(context) : showBrief(context);
  } catch {
    return false;
  }
  const pending = [out.release(), err.release()];
  if (!pending.includes(true)) process.exit();
  return true;
}

/** A screen that prints all at once, when released; answers then whether its stream may still be writing. */
function held(screen: ReturnType<typeof screenOn>): Screen & { release(): boolean } {
  let text = "";
  return {
    write: (more) => {
      text += more;
    },
    get isTTY() {
      return screen.isTTY;
    },
    get columns() {
      return screen.columns;
    },
    get closed() {
      return screen.closed;
    },
    release() {
      if (text !== "") screen.write(text);
      return screen.streams;
    },
  };
}
