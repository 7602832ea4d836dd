import { spawn } from "node:child_process";
import { MAX_GIT_TIME_MS } from "../../kernel/bounds.js";
import { invalid } from "../../kernel/fault.js";
import { safePath } from "../git/git.js";
import type { Repository } from "../repository/repository.js";
import { findProgram } from "../sandbox/toolchain.js";

/** Bytes kept of what a program says. */
const MAX_SAID_BYTES = 16_384;

/** What is asked of a forge. */
export interface RequestText {
  /** Branch that holds the work, and branch that is to take it. */
  readonly branch: string;
  readonly onto: string;
  readonly title: string;
  readonly body: string;
}

/** A person's commands that push the branch and open the request, in order. */
export function requestCommands({ branch, onto, title, body }: RequestText, forge: "gh" | "glab"): string[][] {
  const push = ["git", "push", "origin", `refs/heads/${branch}:refs/heads/${branch}`];
  if (forge === "gh")
    return [push, ["gh", "pr", "create", "--head", branch, "--base", onto, "--title", title, "--body", body]];
  const options = [
    "--source-branch",
    branch,
    "--target-branch",
    onto,
    "--title",
    title,
    "--description",
    body,
    "--yes",
  ];
  return [push, ["glab", "mr", "create", ...options]];
}

/** The forge's program that is installed; gh first. */
export function installedForge(env: NodeJS.ProcessEnv): "gh" | "glab" | undefined {
  return (["gh", "glab"] as const).find((name) => findProgram(name, { PATH: env["PATH"] }) !== undefined);
}

/**
 * Pushes the branch and opens the request, with the person's own git, remote and credentials: it is their word that
 * sends it. Answers what the forge's program said. Throws Fault REQUEST_FAILED (exit 2).
 */
export async function openRequest(
  repository: Repository,
  commands: readonly (readonly string[])[],
  env: NodeJS.ProcessEnv,
): Promise<string> {
  let said = "";
  for (const argv of commands) said = await runAsPerson(repository, argv, env);
  return said.trim();
}

function runAsPerson(repository: Repository, argv: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const [program = "", ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: repository.checkout,
      env: { ...env, PATH: safePath(env["PATH"] ?? "", repository.checkout), GIT_TERMINAL_PROMPT: "0" },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: MAX_GIT_TIME_MS,
      killSignal: "SIGKILL",
    });
    let said = "";
    const take = (chunk: Buffer): void => {
      said = (said + chunk.toString("utf8")).slice(-MAX_SAID_BYTES);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.once("error", (cause) =>
      reject(invalid("REQUEST_FAILED", `${program} could not be started: ${cause.message}`, cause)),
    );
    child.once("close", (code) => {
      if (code === 0) resolve(said);
      else
        reject(
          invalid("REQUEST_FAILED", `${argv.slice(0, 3).join(" ")} ended with ${code ?? "a signal"}: ${said.trim()}`),
        );
    });
  });
}
