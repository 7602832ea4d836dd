import { execFile } from "node:child_process";

/** Longest answer that is looked at (bytes). */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** What a program answered. `code` is null where it could not be run, or not to its end in time. */
export interface ProgramAnswer {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Asks a program of the user's something, as the user, for example its version. Never throws. */
export function askProgram(
  argv: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv; timeoutMs: number; input?: string },
): Promise<ProgramAnswer> {
  const [program = "", ...args] = argv;
  const { cwd, env, timeoutMs: timeout, input = "" } = options;
  return new Promise((done) => {
    const settings = { cwd, env, timeout, maxBuffer: MAX_ANSWER_BYTES, killSignal: "SIGKILL" } as const;
    const child = execFile(program, args, settings, (error, stdout, stderr) => {
      const failed = typeof error?.code === "number" ? error.code : null;
      done({ code: error === null ? 0 : failed, stdout, stderr });
    });
    child.stdin?.on("error", () => undefined); // it may end before it has read everything; its exit code tells
    child.stdin?.end(input);
  });
}
