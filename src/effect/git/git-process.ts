import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { MAX_GIT_OUTPUT_BYTES, MAX_GIT_TIME_MS } from "../../kernel/bounds.js";
import { Fault, invalid } from "../../kernel/fault.js";

/** What a run of git left behind. */
export interface GitOutput {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** A git that was started, and where. */
export interface StartedGit {
  readonly child: ChildProcess;
  readonly directory: string;
}

/**
 * What a git that was started leaves behind, bounded in time and size. Throws Fault NO_GIT, FOLDER_GONE (exit 2),
 * GIT_STOPPED.
 */
export function collectGit(
  { child, directory }: StartedGit,
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
      reject(existsSync(directory) ? gitMissing(cause) : folderGone(directory, cause));
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

/** The system says of a program that it is missing when the folder it is to start in is. */
function folderGone(directory: string, cause: Error): Fault {
  return invalid(
    "FOLDER_GONE",
    `${directory} was removed: git was to look at it and could not be started there.`,
    cause,
  );
}

/** The fault of a git that could not be started (exit 2). */
export function gitMissing(cause: Error): Fault {
  return invalid("NO_GIT", `git could not be started: ${cause.message}. Install git 2.38 or newer.`, cause);
}

/** What git says of objects that it may not read, or that are not what they were. */
const UNREADABLE =
  /(?:failed to read object|unable to (?:open|read|access|map|stat))(?! index)[^\n]*permission denied|is corrupt\b|inflate: |unable to (?:unpack|read sha1|parse object)|could not get object info/i;

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

/** The fault of a repository whose objects cannot be read (exit 2). */
function gitUnreadable(command: string, said: string): Fault {
  const remedy = /permission denied/i.test(said)
    ? "Make its .git readable for this user."
    : "`git fsck` names what is damaged: fetch it again, restore it, or clone anew.";
  return invalid("GIT_UNREADABLE", `git ${command} could not read the repository (git says: ${said}). ${remedy}`);
}

/** The fault of a git that ended with an exit code but 0. */
export function gitFailed(args: readonly string[], output: GitOutput): Fault {
  const text = output.stderr.trim().slice(0, 2_000);
  if (/no space left on device/i.test(text))
    return invalid("DISK_FULL", `git ${args[0] ?? ""}: no space left on device. Free some space and continue.`);
  if (UNREADABLE.test(text)) return gitUnreadable(args[0] ?? "", text);
  if (isRefused(text)) return gitRefused(args[0] ?? "", text);
  if (/promisor remote/i.test(text))
    return invalid(
      "MISSING_OBJECT",
      `this clone lacks objects that are looked at (git says: ${text}). Clone without --filter.`,
    );
  return new Fault("GIT_FAILED", `git ${args.slice(0, 2).join(" ")} failed with exit code ${output.code}: ${text}`);
}

/** A run of git whose exit code is data. */
type Attempt<Options> = (args: readonly string[], options?: Options) => Promise<GitOutput>;

/** The same runs as their standard output in text. They throw the fault of git on any exit code but 0. */
export function runsOf<Options>(
  attempt: Attempt<Options>,
): (args: readonly string[], options?: Options) => Promise<string> {
  return async (args, options) => {
    const output = await attempt(args, options);
    if (output.code !== 0) throw gitFailed(args, output);
    return output.stdout.toString("utf8");
  };
}
