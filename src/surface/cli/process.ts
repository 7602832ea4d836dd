import { runCommandLine } from "./command-line.js";
import { tuneEngine } from "./engine.js";
import { processContext } from "./process-context.js";

/** What still keeps the process alive this long after its verb ended is cut off. */
const LINGER_MS = 2_000;
/** Verbs that run a session in this process. */
const SESSIONS: ReadonlySet<string> = new Set(["run", "continue"]);

/** Does what this process was started for; its exit code is the verb's. */
export async function runProcess(args: readonly string[]): Promise<void> {
  if (SESSIONS.has(args[0] ?? "")) tuneEngine();
  process.exitCode = await runCommandLine(processContext(), args);
  setTimeout(() => process.exit(), LINGER_MS).unref();
}
