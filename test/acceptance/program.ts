import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { runCommandLine } from "../../src/surface/cli/command-line.js";
import type { Repo } from "../scenario/harness.js";
import { makeContext } from "../unit/surface/screen.js";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
/** Longer than any call here takes; one that hangs fails its test. */
const MAX_MS = 50_000;

/** How the built program ended. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the built program in a repository, as a user does. */
export function worknode(repo: Repo, ...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { cwd: repo.dir, env: repo.env, timeout: MAX_MS, maxBuffer: 64 * 1024 * 1024 };
    execFile(process.execPath, [MAIN, ...args], options, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ code, out, err });
    });
  });
}

/** Asks in this process what a repository's program says: for what a test reads or decides between two programs. */
export async function ask(repo: Repo, ...args: string[]): Promise<Ended> {
  const context = makeContext({ cwd: repo.dir, env: repo.env });
  const code = await runCommandLine(context, args);
  return { code, out: context.printed(), err: context.complained() };
}

/** A JSON object, as printed. */
export const jsonOf = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;
