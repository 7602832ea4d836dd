import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { packageFile } from "../../../crew/state/package-file.js";
import { Fault, messageOf } from "../../../kernel/fault.js";

/**
 * Processes of the demo: worknode itself, which the demo must be able to kill, and the git commands a
 * person types to make a repository. Nothing here touches a user's repository.
 */
export interface DemoPlace {
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
}

/** How a process ended. `code` is null when a signal did it. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Starts this worknode on the demo's terminal; `ended` resolves when it is gone, which `limit` brings about. */
export function startWorknode(
  args: readonly string[],
  place: DemoPlace,
  limit: AbortSignal,
): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [packageFile("dist", "main.js"), ...args], {
    cwd: place.directory,
    env: place.env,
    stdio: ["ignore", "inherit", "inherit"],
  });
  const interrupt = () => child.kill("SIGINT");
  limit.addEventListener("abort", interrupt, { once: true });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal }));
  }).finally(() => limit.removeEventListener("abort", interrupt));
  return { child, ended };
}

/** Runs git as a person would, with nobody's configuration. Throws Fault DEMO_GIT (exit 2). */
export function runGit(args: readonly string[], place: DemoPlace): void {
  const run = spawnSync("git", [...args], { cwd: place.directory, env: place.env, encoding: "utf8" });
  if (run.error !== undefined) {
    throw new Fault("DEMO_GIT", `git cannot be run (${messageOf(run.error)}). Install git and try again.`, {
      exitCode: 2,
    });
  }
  if (run.status !== 0)
    throw new Fault("DEMO_GIT", `git ${args[0] ?? ""} failed: ${run.stderr.trim()}`, { exitCode: 2 });
}
