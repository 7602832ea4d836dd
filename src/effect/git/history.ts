import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { invalid } from "../../kernel/fault.js";
import { type Git, safePath } from "./git.js";
import { collectGit, type GitOutput, runsOf } from "./git-process.js";
import { createObjectReader, type ObjectReader } from "./object-reader.js";
import { repositoryFault } from "./repository-fault.js";

/**
 * A repository's objects as `check` reads them: commits, trees and blobs, never the checkout's own program
 * files. Unlike `findRepository` it needs no state directory, no worktree and no commit of worknode's, so it
 * works in a bare repository, a shallow clone and a hook.
 */
export interface History {
  /** Top of the checkout; null in a bare repository. */
  readonly top: string | null;
  readonly gitDir: string;
  /** Commits at which a shallow clone was cut off; empty for a whole one. */
  readonly cutOff: ReadonlySet<string>;
  readonly git: Pick<Git, "run" | "attempt">;
  readonly objects: ObjectReader;
}

/** Nothing the repository configures is run: plumbing on objects, without hooks, filters, pagers or lazy fetches. */
const SETTINGS = [
  "safe.directory=*",
  "safe.bareRepository=explicit",
  "core.fsmonitor=false",
  "core.hooksPath=/dev/null",
  "core.attributesFile=/dev/null",
  "core.quotePath=false",
  "advice.graftFileDeprecated=false",
  "protocol.allow=never",
  "gc.auto=0",
  "maintenance.auto=false",
  "merge.renames=false",
  "merge.directoryRenames=false",
].flatMap((setting) => ["-c", setting]);

/** The tree without a file: attributes read from it name no merge driver. */
const EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
/** What git hands to its hooks and they must hand on: which index, and where a push's objects wait. */
const HANDED_ON = [
  "GIT_DIR",
  "GIT_WORK_TREE",
  "GIT_INDEX_FILE",
  "GIT_OBJECT_DIRECTORY",
  "GIT_ALTERNATE_OBJECT_DIRECTORIES",
  "GIT_QUARANTINE_PATH",
];

/**
 * Opens the repository around a directory, does the work and ends what it started. Throws Fault NO_GIT where git is not
 * installed, NO_REPOSITORY where there is none (exit 2).
 */
export async function withHistory<T>(
  { cwd, env }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
  work: (history: History) => Promise<T>,
): Promise<T> {
  const history = await openHistory(cwd, env);
  try {
    return await work(history);
  } finally {
    history.objects.close();
  }
}

async function openHistory(cwd: string, given: NodeJS.ProcessEnv): Promise<History> {
  const { env, found } = await look(cwd, given);
  const [bare, gitDir = "", commonDir = "", ...rest] = found.stdout.toString("utf8").split("\n");
  if (found.code !== 0 && bare !== "true") {
    const why = repositoryFault(cwd) ?? `${cwd} is not inside a git repository (git says: ${found.stderr.trim()}).`;
    throw invalid("NO_REPOSITORY", why);
  }
  const top = bare === "true" ? null : rest.join("\n").replace(/\n$/, "");
  // named: settings may have git look for its directory elsewhere (core.worktree), or not believe it (core.bare)
  const directory = top ?? gitDir;
  const start = starter(directory, { ...env, GIT_DIR: gitDir }, cwd);
  const cutOff = readCutOff(resolve(cwd, commonDir));
  return { top, gitDir, cutOff, git: gitIn(start, directory), objects: createObjectReader(start) };
}

interface Look {
  readonly env: NodeJS.ProcessEnv;
  readonly found: GitOutput;
}

/**
 * Asks git where the repository is. A bare one that nobody named is believed only where it lies in no other: files of a
 * checkout can be made to look like one.
 */
async function look(cwd: string, env: NodeJS.ProcessEnv): Promise<Look> {
  const found = await gitIn(starter(cwd, env), cwd).attempt(["rev-parse", ...LAYOUT]);
  if (!isUnnamedBare(found)) return { env, found };
  const all = ["-c", "safe.bareRepository=all", "rev-parse", "--absolute-git-dir"];
  const gitDir = (await gitIn(starter(cwd, env), cwd).run(all)).replace(/\n$/, "");
  const beside = dirname(gitDir);
  const around = await gitIn(starter(beside, env), beside).attempt(["rev-parse", "--absolute-git-dir"]);
  if (around.code === 0 || isUnnamedBare(around))
    throw invalid(
      "NO_REPOSITORY",
      `${gitDir} looks like a repository and lies in another one: it is not believed. Go to the top of your checkout, or name it in GIT_DIR.`,
    );
  return await look(cwd, { ...env, GIT_DIR: gitDir });
}

function isUnnamedBare({ code, stderr }: GitOutput): boolean {
  return code !== 0 && stderr.includes("safe.bareRepository");
}

const LAYOUT = ["--is-bare-repository", "--absolute-git-dir", "--git-common-dir", "--show-toplevel"];

function readCutOff(commonDir: string): ReadonlySet<string> {
  const file = join(commonDir, "shallow");
  return new Set(existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : []);
}

/** Starts git with arguments. */
type Start = (args: readonly string[]) => ChildProcess;

/** Relative paths in the environment are meant from where the command was given. */
function starter(directory: string, env: NodeJS.ProcessEnv, givenIn = directory): Start {
  const options = { cwd: directory, env: readerEnvironment(directory, env, givenIn) };
  return (args) => spawn("git", readerArguments(args), { ...options, stdio: ["pipe", "pipe", "pipe"] });
}

function gitIn(start: Start, directory: string): Pick<Git, "run" | "attempt"> {
  const attempt: Git["attempt"] = (args, options = {}): Promise<GitOutput> =>
    collectGit({ child: start(args), directory }, args, options.input);
  return { attempt, run: runsOf(attempt) };
}

/** Arguments of a git that runs nothing the repository configures, and reads objects as they are: none replaced or grafted. */
export function readerArguments(args: readonly string[]): string[] {
  return ["--no-pager", ...SETTINGS, ...args];
}

/** Its environment: a whole new one, but for what git hands to its hooks. */
export function readerEnvironment(directory: string, env: NodeJS.ProcessEnv, givenIn = directory): NodeJS.ProcessEnv {
  const handedOn = HANDED_ON.flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [[name, name.includes("ALTERNATE") ? value : resolve(givenIn, value)]];
  });
  return {
    ...(Object.fromEntries(handedOn) as Record<string, string>),
    PATH: safePath(env["PATH"] ?? "", directory),
    HOME: env["HOME"],
    LC_ALL: "C.UTF-8",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_ATTR_SOURCE: EMPTY_TREE,
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_GRAFT_FILE: "/dev/null",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_TERMINAL_PROMPT: "0",
    GIT_NO_LAZY_FETCH: "1",
    GIT_ALLOW_PROTOCOL: "none",
    GIT_LITERAL_PATHSPECS: "1",
  };
}
