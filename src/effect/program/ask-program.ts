import { messageOf } from "../../kernel/fault.js";
import { type BoundedExit, runBounded } from "../sandbox/bounded-process.js";

/** Longest answer that is looked at (bytes, on either descriptor); who says more is ended. */
const MAX_ANSWER_BYTES = 1024 * 1024;
/** How long a program that was killed is waited for. What left its group may hold its output for ever. */
const END_MS = 1_000;

/** What a program answered. `code` is null where it could not be run, or not to its end in time. */
export interface ProgramAnswer {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Asks a program of the user's something, as the user, for example its version. What takes too long or says too much is ended
 * with all that it started. Never throws.
 */
export async function askProgram(
  argv: readonly string[],
  options: { cwd?: string; env: NodeJS.ProcessEnv; timeoutMs: number; input?: string },
): Promise<ProgramAnswer> {
  const [program = "", ...args] = argv;
  const { cwd, env, timeoutMs, input = "" } = options;
  const bounds = { place: { cwd, env }, input, timeoutMs, floodBytes: MAX_ANSWER_BYTES, endMs: END_MS };
  try {
    return answerOf(await runBounded(program, args, bounds), timeoutMs);
  } catch (thrown) {
    return { code: null, stdout: "", stderr: messageOf(thrown) };
  }
}

function answerOf({ code, stdout, stderr, stopped }: BoundedExit, timeoutMs: number): ProgramAnswer {
  if (stopped === "timeout") return { code: null, stdout, stderr: `${stderr}it did not end within ${timeoutMs} ms` };
  if (stopped === "output")
    return { code: null, stdout, stderr: `${stderr}it said more than ${MAX_ANSWER_BYTES} bytes` };
  return { code, stdout, stderr };
}
