import { spawnSync } from "node:child_process";
import { safePath } from "./git.js";
import { gitFailed, gitMissing } from "./git-process.js";
import type { History } from "./history.js";

/** What `core.hooksPath` is, and by which configuration: `system`, `global`, `local`, `worktree` or `command`. */
export interface HooksPath {
  readonly scope: string;
  readonly path: string;
}

/** What git ends with where a setting is not there. */
const NOT_SET = 1;
const ARGS = ["config", "--show-scope", "--type=path", "--get", "core.hooksPath"];

/**
 * Where git is told to look for a repository's hooks, asked as the user's own git would be, with the configuration of the
 * user and of the machine. Undefined where nothing says so. Throws Fault NO_GIT, GIT_FAILED.
 */
export function hooksPathOf(
  { top, gitDir }: Pick<History, "top" | "gitDir">,
  env: NodeJS.ProcessEnv,
): HooksPath | undefined {
  const cwd = top ?? gitDir;
  const { error, status, stdout, stderr } = spawnSync("git", ["--git-dir", gitDir, ...ARGS], {
    cwd,
    env: { ...env, PATH: safePath(env["PATH"] ?? "", cwd) },
    encoding: "utf8",
  });
  if (error !== undefined) throw gitMissing(error);
  if (status === NOT_SET) return undefined;
  if (status === 0) return parse(stdout);
  throw gitFailed(ARGS, { code: status ?? -1, stdout: Buffer.from(stdout), stderr });
}

/** `<scope> TAB <path>`, and the end of the line. */
function parse(line: string): HooksPath {
  const tab = line.indexOf("\t");
  return { scope: line.slice(0, tab), path: line.slice(tab + 1).replace(/\n$/, "") };
}
