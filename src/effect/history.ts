import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { invalid } from "../kernel/fault.js";
import { collectGit, type Git, type GitOutput, gitFailed, safePath, splitNul } from "./git.js";

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
}

/** Nothing the repository configures is run: plumbing on objects, without hooks, filters, pagers or lazy fetches. */
const SETTINGS = [
  "safe.directory=*",
  "core.fsmonitor=false",
  "core.hooksPath=/dev/null",
  "core.attributesFile=/dev/null",
  "core.quotePath=false",
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
 * Opens the repository around a directory. Throws Fault NO_GIT where git is not installed, NO_REPOSITORY where
 * there is none (exit 2).
 */
export async function openHistory(cwd: string, env: NodeJS.ProcessEnv = process.env): Promise<History> {
  const git = createReader(cwd, env);
  const asked = ["--is-bare-repository", "--absolute-git-dir", "--git-common-dir", "--show-toplevel"];
  const found = await git.attempt(["rev-parse", ...asked]);
  const [bare, gitDir = "", commonDir = "", ...rest] = found.stdout.toString("utf8").split("\n");
  if (found.code !== 0 && bare !== "true")
    throw invalid("NO_REPOSITORY", `${cwd} is not inside a git repository (git says: ${found.stderr.trim()}).`);
  const top = bare === "true" ? null : rest.join("\n").replace(/\n$/, "");
  return { top, gitDir, cutOff: readCutOff(resolve(cwd, commonDir)), git: createReader(top ?? gitDir, env, cwd) };
}

function readCutOff(commonDir: string): ReadonlySet<string> {
  const file = join(commonDir, "shallow");
  return new Set(existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : []);
}

/** Relative paths in the environment are meant from where the command was given. */
function createReader(directory: string, env: NodeJS.ProcessEnv, givenIn = directory): Pick<Git, "run" | "attempt"> {
  const environment = readerEnvironment(directory, env, givenIn);
  const attempt: Git["attempt"] = (args, options = {}): Promise<GitOutput> => {
    const child = spawn("git", ["--no-pager", ...SETTINGS, ...args], {
      cwd: directory,
      env: environment,
      stdio: ["pipe", "pipe", "pipe"],
    });
    return collectGit(child, args, options.input);
  };
  return {
    attempt,
    run: async (args, options) => {
      const output = await attempt(args, options);
      if (output.code !== 0) throw gitFailed(args, output);
      return output.stdout.toString("utf8");
    },
  };
}

function readerEnvironment(directory: string, env: NodeJS.ProcessEnv, givenIn: string): NodeJS.ProcessEnv {
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
    GIT_OPTIONAL_LOCKS: "0",
    GIT_TERMINAL_PROMPT: "0",
    GIT_NO_LAZY_FETCH: "1",
    GIT_ALLOW_PROTOCOL: "none",
    GIT_LITERAL_PATHSPECS: "1",
  };
}

/** A file of a tree. */
export interface TreeFile {
  readonly path: string;
  readonly object: string;
  readonly bytes: number;
}

/** The regular files of a tree or commit. Throws Fault GIT_FAILED. */
export async function listTree({ git }: Pick<History, "git">, tree: string): Promise<TreeFile[]> {
  const listing = await git.run(["ls-tree", "-r", "-l", "-z", tree]);
  return splitNul(listing).flatMap((line) => {
    const found = /^100\d+ blob ([0-9a-f]+) +(\d+)\t(.*)$/s.exec(line);
    return found === null ? [] : [{ object: String(found[1]), bytes: Number(found[2]), path: String(found[3]) }];
  });
}

/** Names of everything in a tree that is no folder, links and submodules included. Throws Fault GIT_FAILED. */
export async function listNames({ git }: Pick<History, "git">, tree: string): Promise<string[]> {
  return splitNul(await git.run(["ls-tree", "-r", "-z", "--name-only", tree]));
}

/** Bytes read by one run of git. */
const BYTES_A_RUN = 24 * 1024 * 1024;

/**
 * Contents of blobs by id. What is longer than `maxBytes` is `too-long`; what the repository lacks (a partial
 * clone) is `missing`.
 */
export async function readBlobs(
  history: Pick<History, "git">,
  objects: Iterable<string>,
  maxBytes: number,
): Promise<Map<string, Buffer | "too-long" | "missing">> {
  const wanted = [...new Set(objects)];
  const contents = new Map<string, Buffer | "too-long" | "missing">();
  for (const batch of await batchesOf(history, wanted, { maxBytes, contents }))
    await readBatch(history, batch, contents);
  return contents;
}

type Contents = Map<string, Buffer | "too-long" | "missing">;

/** Sizes first: a huge file is never read. */
async function batchesOf(
  { git }: Pick<History, "git">,
  objects: readonly string[],
  { maxBytes, contents }: { maxBytes: number; contents: Contents },
): Promise<string[][]> {
  if (objects.length === 0) return [];
  const sizes = await git.run(["cat-file", "--batch-check"], { input: objects.map((id) => `${id}\n`).join("") });
  const known = sizes.trim().split("\n").map(parseSize);
  for (const { id, type } of known) if (type !== "blob") contents.set(id, "missing");
  const blobs = known.filter(({ type }) => type === "blob");
  for (const { id, bytes } of blobs) if (bytes > maxBytes) contents.set(id, "too-long");
  return inBatches(blobs.filter(({ bytes }) => bytes <= maxBytes));
}

interface ObjectSize {
  readonly id: string;
  readonly type: string;
  readonly bytes: number;
}

/** `<id> <type> <size>`, or `<id> missing`. */
function parseSize(line: string): ObjectSize {
  const [id = "", type = "", size] = line.split(" ");
  return { id, type, bytes: Number(size) };
}

function inBatches(blobs: readonly ObjectSize[]): string[][] {
  const batches: string[][] = [];
  let left = 0;
  for (const { id, bytes } of blobs) {
    left -= bytes;
    if (left < 0 || batches.length === 0) {
      batches.push([]);
      left = BYTES_A_RUN - bytes;
    }
    batches.at(-1)?.push(id);
  }
  return batches;
}

async function readBatch({ git }: Pick<History, "git">, batch: readonly string[], contents: Contents): Promise<void> {
  const { stdout } = await git.attempt(["cat-file", "--batch"], { input: batch.map((id) => `${id}\n`).join("") });
  let at = 0;
  for (const id of batch) {
    const end = stdout.indexOf("\n", at);
    const size = Number(stdout.subarray(at, Math.max(at, end)).toString("latin1").split(" ")[2]);
    const whole = end !== -1 && Number.isInteger(size);
    contents.set(id, whole ? stdout.subarray(end + 1, end + 1 + size) : "missing");
    at = whole ? end + 1 + size + 1 : stdout.length;
  }
}

/** A file of a commit or tree; null where it has none of that name, or no regular file. */
export async function readAt({ git }: Pick<History, "git">, tree: string, path: string): Promise<Buffer | null> {
  const blob = await git.attempt(["cat-file", "blob", `${tree}:${path}`]);
  return blob.code === 0 ? blob.stdout : null;
}

/** Id of the tree that the index holds. Throws Fault UNMERGED (exit 2) in the middle of a merge. */
export async function indexTree({ git }: Pick<History, "git">): Promise<string> {
  const written = await git.attempt(["write-tree"]);
  if (written.code === 0) return written.stdout.toString("utf8").trim();
  throw invalid("UNMERGED", `what is staged is no tree yet (git says: ${written.stderr.trim()}). Resolve it first.`);
}
