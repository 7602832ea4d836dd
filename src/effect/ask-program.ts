import { type ChildProcess, spawn } from "node:child_process";

/** Longest answer that is looked at (bytes); who says more is ended. */
const MAX_ANSWER_BYTES = 1024 * 1024;

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
export function askProgram(
  argv: readonly string[],
  options: { cwd?: string; env: NodeJS.ProcessEnv; timeoutMs: number; input?: string },
): Promise<ProgramAnswer> {
  const [program = "", ...args] = argv;
  const { cwd, env, timeoutMs, input = "" } = options;
  const child = spawn(program, args, { ...(cwd === undefined ? {} : { cwd }), env, detached: true, stdio: "pipe" });
  const said: { readonly out: Buffer[]; readonly err: Buffer[]; bytes: number } = { out: [], err: [], bytes: 0 };
  const textOf = (chunks: readonly Buffer[]): string => Buffer.concat(chunks).toString("utf8");
  return new Promise((done) => {
    const end = (code: number | null, why = ""): void => {
      clearTimeout(timer);
      done({ code, stdout: textOf(said.out), stderr: textOf(said.err) + why });
    };
    const stop = (why: string): void => {
      endGroup(child);
      end(null, why);
    };
    const timer = setTimeout(() => stop(`it did not end within ${timeoutMs} ms`), timeoutMs);
    const take = (into: Buffer[]) => (chunk: Buffer) => {
      into.push(chunk);
      said.bytes += chunk.length;
      if (said.bytes > MAX_ANSWER_BYTES) stop(`it said more than ${MAX_ANSWER_BYTES} bytes`);
    };
    child.stdout.on("data", take(said.out));
    child.stderr.on("data", take(said.err));
    child.once("error", (thrown) => end(null, thrown.message));
    child.once("close", (code) => end(code));
    child.stdin.on("error", () => undefined); // it may end before it has read everything; its exit code tells
    child.stdin.end(input);
  });
}

/** Ends a program that was started in a process group of its own, and what it started, though it may have ended itself. */
function endGroup({ pid, stdout, stderr }: ChildProcess): void {
  stdout?.destroy(); // what left the group could hold them open
  stderr?.destroy();
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // It is gone already, or has become another user's; either way the answer is that there was none in time.
  }
}
