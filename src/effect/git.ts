import { type ChildProcess, spawn } from "node:child_process";
import { isAbsolute, relative } from "node:path";
import { MAX_GIT_OUTPUT_BYTES, MAX_GIT_TIME_MS } from "../kernel/bounds.js";
import { type Clock, systemClock } from "../kernel/clock.js";
import { Fault, invalid } from "../kernel/fault.js";

/** What one run of git needs beside its arguments. */
export interface GitOptions {
  /** Index to use instead of the checkout's own. */
  readonly indexFile?: string;
  /** Standard input; none otherwise. */
  readonly input?: string;
}

/** What a run of git left behind. */
export interface GitOutput {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Git bound to one checkout, executing nothing the repository configures. */
export interface Git {
  /** Standard output as text. Throws Fault GIT_FAILED on any exit code but 0. */
  run(args: readonly string[], options?: GitOptions): Promise<string>;
  /** The same, with the exit code as data. Throws only when git cannot be run or a limit stops it. */
  attempt(args: readonly string[], options?: GitOptions): Promise<GitOutput>;
  /** The same git for another checkout of the repository. */
  at(gitDir: string, workTree: string): Git;
}

/** Where a git runs: its checkout, and the private common directory made by `prepareGitDirectory`. */
export interface GitPlace {
  readonly gitDir: string;
  readonly workTree: string;
  readonly privateDir: string;
  readonly clock?: Clock;
}

/** Second to the private directory: settings that hold whatever git finds. */
const SETTINGS = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "core.symlinks=true",
  "core.filemode=true",
  "core.autocrlf=false",
  "core.fsync=committed,reference",
  "core.attributesFile=/dev/null",
  "commit.gpgSign=false",
  "tag.gpgSign=false",
  "credential.helper=",
  "protocol.allow=never",
  "gc.auto=0",
  "maintenance.auto=false",
  "merge.renames=false",
  "merge.directoryRenames=false",
  "submodule.recurse=false",
  "advice.detachedHead=false",
].flatMap((setting) => ["-c", setting]);

const IDENTITY = { name: "worknode", email: "worknode@localhost" };

/** Makes the safe runner for one checkout. Starts nothing. */
export function createGit(place: GitPlace): Git {
  const clock = place.clock ?? systemClock;
  const attempt = (args: readonly string[], options: GitOptions = {}): Promise<GitOutput> =>
    collectGit(start(place, args, environment(place, options, clock)), args, options.input);
  return {
    attempt,
    run: async (args, options) => {
      const output = await attempt(args, options);
      if (output.code !== 0) throw gitFailed(args, output);
      return output.stdout.toString("utf8");
    },
    at: (gitDir, workTree) => createGit({ ...place, gitDir, workTree }),
  };
}

function start(place: GitPlace, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  const all = ["--no-pager", ...SETTINGS, "-c", `safe.directory=${place.workTree}`, ...args];
  return spawn("git", all, { cwd: place.workTree, env, stdio: ["pipe", "pipe", "pipe"] });
}

/** A whole new environment: nothing of the parent's but PATH, less its entries inside the repository. */
function environment(place: GitPlace, options: GitOptions, clock: Clock): NodeJS.ProcessEnv {
  const date = `@${Math.floor(clock.nowMs() / 1000)} +0000`;
  return {
    PATH: safePath(process.env["PATH"] ?? "", place.workTree),
    HOME: place.privateDir,
    XDG_CONFIG_HOME: place.privateDir,
    LC_ALL: "C.UTF-8",
    TZ: "UTC",
    GIT_DIR: place.gitDir,
    GIT_COMMON_DIR: place.privateDir,
    GIT_WORK_TREE: place.workTree,
    ...(options.indexFile === undefined ? {} : { GIT_INDEX_FILE: options.indexFile }),
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_TERMINAL_PROMPT: "0",
    GIT_NO_LAZY_FETCH: "1",
    GIT_ALLOW_PROTOCOL: "none",
    GIT_LITERAL_PATHSPECS: "1",
    GIT_EDITOR: ":",
    GIT_ASKPASS: "false",
    GIT_AUTHOR_NAME: IDENTITY.name,
    GIT_AUTHOR_EMAIL: IDENTITY.email,
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_NAME: IDENTITY.name,
    GIT_COMMITTER_EMAIL: IDENTITY.email,
    GIT_COMMITTER_DATE: date,
  };
}

/** A `git` planted in `node_modules/.bin` must not be ours: npm puts that folder first in PATH. */
export function safePath(path: string, workTree: string): string {
  const outside = (entry: string): boolean => isAbsolute(entry) && relative(workTree, entry).startsWith("..");
  return path
    .split(":")
    .filter((entry) => outside(entry) && !entry.includes("/node_modules/"))
    .join(":");
}

/** What a git that was started leaves behind, bounded in time and size. Throws Fault NO_GIT (exit 2), GIT_STOPPED. */
export function collectGit(
  child: ChildProcess,
  args: readonly string[],
  input: string | undefined,
): Promise<GitOutput> {
  return new Promise((resolve, reject) => {
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let bytes = 0;
    let stopped: string | undefined;
    const stop = (reason: string): void => {
      stopped ??= reason;
      child.kill("SIGKILL");
    };
    const timer = setTimeout(() => stop(`took longer than ${MAX_GIT_TIME_MS} ms`), MAX_GIT_TIME_MS);
    const take = (into: Buffer[]) => (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_GIT_OUTPUT_BYTES) stop(`wrote more than ${MAX_GIT_OUTPUT_BYTES} bytes`);
      else into.push(chunk);
    };
    child.stdout?.on("data", take(stdout));
    child.stderr?.on("data", take(stderr));
    child.stdin?.on("error", () => undefined); // git may end before it has read everything; its exit code tells
    child.stdin?.end(input ?? "");
    child.once("error", (cause) => {
      clearTimeout(timer);
      reject(gitMissing(cause));
    });
    child.once("close", (code) => {
      clearTimeout(timer);
      const output = {
        code: code ?? -1,
        stdout: Buffer.concat(stdout),
        stderr: Buffer.concat(stderr).toString("utf8"),
      };
      if (stopped === undefined) resolve(output);
      else reject(new Fault("GIT_STOPPED", `git ${args[0] ?? ""} ${stopped} and was stopped`));
    });
  });
}

/** The fault of a git that could not be started (exit 2). */
export function gitMissing(cause: Error): Fault {
  return invalid("NO_GIT", `git could not be started: ${cause.message}. Install git 2.38 or newer.`, cause);
}

/** Whether git says that it may not write. */
export function isRefused(said: string): boolean {
  return /insufficient permission|permission denied|read-only file system|unable to create directory/i.test(said);
}

/** The fault of a repository that cannot be written (exit 2). */
export function gitRefused(command: string, said: string): Fault {
  return invalid(
    "GIT_READONLY",
    `git ${command} could not write the repository (git says: ${said}). Make its .git writable for this user, then \`worknode continue\`.`,
  );
}

/** The fault of a git that ended with an exit code but 0. */
export function gitFailed(args: readonly string[], output: GitOutput): Fault {
  const text = output.stderr.trim().slice(0, 2_000);
  if (/no space left on device/i.test(text))
    return invalid("DISK_FULL", `git ${args[0] ?? ""}: no space left on device. Free some space and continue.`);
  if (isRefused(text)) return gitRefused(args[0] ?? "", text);
  if (/promisor remote/i.test(text))
    return invalid(
      "MISSING_OBJECT",
      `this clone lacks objects that are looked at (git says: ${text}). Clone without --filter.`,
    );
  return new Fault("GIT_FAILED", `git ${args.slice(0, 2).join(" ")} failed with exit code ${output.code}: ${text}`);
}

/** Splits the NUL-terminated output of a `-z` command. */
export function splitNul(text: string): string[] {
  return text.split("\0").filter((part) => part !== "");
}
