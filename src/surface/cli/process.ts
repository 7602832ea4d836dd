import { runCommandLine } from "./command-line.js";
import { type EngineUse, tuneEngine } from "./engine.js";
import { processContext } from "./process-context.js";

/** What still keeps the process alive this long after its verb ended is cut off. */
const LINGER_MS = 2_000;
/** Verbs that run a session in this process. */
const SESSIONS: ReadonlySet<string> = new Set(["run", "continue"]);

/** Does what this process was started for; its exit code is the verb's. */
export async function runProcess(args: readonly string[]): Promise<void> {
  const use = useOf(args);
  if (use !== undefined) tuneEngine(use);
  process.exitCode = await runCommandLine(processContext(), args);
  setTimeout(() => process.exit(), LINGER_MS).unref();
}

/** What V8 is to be set up for; undefined for what is done at once. */
function useOf([verb = "", what]: readonly string[]): EngineUse | undefined {
  if (SESSIONS.has(verb)) return "session";
  if (verb === "measure") return verb;
  return verb === "hook" && what === "serve" ? "answers" : undefined;
}
