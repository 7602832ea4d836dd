import { type ChildProcess, spawn } from "node:child_process";
import { isAbsolute, relative } from "node:path";
import { type Clock, systemClock } from "../../kernel/clock.js";
import { collectGit, type GitOutput, runsOf } from "./git-process.js";
import { createIdleReader, type IdleReader } from "./idle-reader.js";

/** What one run of git needs beside its arguments. */
export interface GitOptions {
  /** Index to use instead of the checkout's own. */
  readonly indexFile?: string;
  /** Folder that new objects are made in, instead of the repository's own, and the one that holds the old. */
  readonly objects?: { readonly into: string; readonly from: string };
  /** Standard input; none otherwise. */
  readonly input?: string;
}

/** Git bound to one checkout, executing nothing the repository configures. */
export interface Git {
  /** Standard output as text. Throws Fault GIT_FAILED on any exit code but 0. */
  run(args: readonly string[], options?: GitOptions): Promise<string>;
  /** The same, with the exit code as data. Throws only when git cannot be run or a limit stops it. */
  attempt(args: readonly string[], options?: GitOptions): Promise<GitOutput>;
  /** The repository's objects and refs, answered by one git for all its checkouts. */
  readonly objects: IdleReader;
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

/** Who makes worknode's commits. */
export const IDENTITY = { name: "worknode", email: "worknode@localhost" };

/** Makes the safe runner for one checkout. Starts nothing. */
export function createGit(place: GitPlace): Git {
  const clock = place.clock ?? systemClock;
  return gitAt(
    place,
    clock,
    createIdleReader((args) => start(place, args, environment(place, {}, clock))),
  );
}

function gitAt(place: GitPlace, clock: Clock, objects: IdleReader): Git {
  const attempt = (args: readonly string[], options: GitOptions = {}): Promise<GitOutput> =>
    collectGit(
      { child: start(place, args, environment(place, options, clock)), directory: place.workTree },
      args,
      options.input,
    );
  return {
    attempt,
    run: runsOf(attempt),
    objects,
    at: (gitDir, workTree) => gitAt({ ...place, gitDir, workTree }, clock, objects),
  };
}

function start(place: GitPlace, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  const all = ["--no-pager", ...SETTINGS, "-c", `safe.directory=${place.workTree}`, ...args];
  return spawn("git", all, { cwd: place.workTree, env, stdio: ["pipe", "pipe", "pipe"] });
}

function objectFolders({ into, from }: NonNullable<GitOptions["objects"]>): NodeJS.ProcessEnv {
  return { GIT_OBJECT_DIRECTORY: into, GIT_ALTERNATE_OBJECT_DIRECTORIES: JSON.stringify(from) };
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
    ...(options.objects === undefined ? {} : objectFolders(options.objects)),
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

/** Splits the NUL-terminated output of a `-z` command. */
export function splitNul(text: string): string[] {
  return text.split("\0").filter((part) => part !== "");
}
