import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { invalid } from "../../kernel/fault.js";

/** Set in the environment of a run that outlives its terminal: a hang-up is not for it. */
const DETACHED = "WORKNODE_DETACHED";
/** Characters shown of what a process said that ended at once. */
const TAIL_CHARS = 2_000;

/** A process of its own session: it outlives this one and its terminal. */
export interface Detached {
  readonly pid: number;
  /** Its exit code once it has ended; null for a signal. */
  readonly ended: Promise<number | null>;
  /** The end of what it wrote. */
  tail(): string;
  /** Lets this process end while the other goes on. */
  release(): void;
}

/** Starts worknode again with other arguments, its output appended to a file. Throws Fault NOT_DETACHED (exit 2). */
export function startDetached(
  command: readonly string[],
  at: { cwd: string; env: NodeJS.ProcessEnv; log: string },
): Detached {
  mkdirSync(dirname(at.log), { recursive: true });
  const log = openSync(at.log, "a", 0o600);
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    cwd: at.cwd,
    env: { ...at.env, [DETACHED]: "1" },
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  const { pid } = child;
  if (pid === undefined) throw invalid("NOT_DETACHED", `${program} could not be started.`);
  return {
    pid,
    ended: new Promise((resolve) => {
      child.once("error", () => resolve(null));
      child.once("exit", (code) => resolve(code));
    }),
    tail: () => readFileSync(at.log, "utf8").slice(-TAIL_CHARS),
    release: () => child.unref(),
  };
}
