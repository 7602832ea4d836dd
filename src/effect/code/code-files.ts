import { spawn } from "node:child_process";
import { type Dirent, lstatSync, readdirSync, type Stats } from "node:fs";
import { join } from "node:path";
import { MAX_MEASURED_FILES } from "../../kernel/bounds.js";
import { invalid, messageOf } from "../../kernel/fault.js";
import { languageOf } from "../../measure/language.js";
import { splitNul } from "../git/git.js";

/** Git must not run what a repository configures, only match names. */
const MATCHING = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "check-ignore", "--stdin", "-z"];

/**
 * The files to measure: those named, and below named folders every file of a measured language, without links,
 * `.git` and what git ignores. Paths come as they were named, in order, each once.
 * Throws Fault NO_SUCH_PATH, TOO_MANY_FILES (exit 2).
 */
export async function listCodeFiles(paths: readonly string[], cwd: string): Promise<string[]> {
  const found = new Set<string>();
  for (const path of paths) {
    const stat = statOf(path, cwd);
    if (stat.isFile()) found.add(path);
    else if (stat.isDirectory()) for (const file of await walkFolder(path, cwd)) found.add(file);
    else throw invalid("NO_SUCH_PATH", `${path} is neither a file nor a folder; links are not followed.`);
    if (found.size > MAX_MEASURED_FILES)
      throw invalid(
        "TOO_MANY_FILES",
        `there are more than ${MAX_MEASURED_FILES} files to measure. Name fewer folders.`,
      );
  }
  return [...found];
}

function statOf(path: string, cwd: string): Stats {
  if (path === "") throw invalid("NO_SUCH_PATH", "an empty path names no file and no folder.");
  const stat = lstatSync(join(cwd, path), { throwIfNoEntry: false }) ?? absolute(path);
  if (stat === undefined) throw invalid("NO_SUCH_PATH", `there is no ${path} in ${cwd}.`);
  return stat;
}

function absolute(path: string): Stats | undefined {
  return path.startsWith("/") ? lstatSync(path, { throwIfNoEntry: false }) : undefined;
}

/** Level by level, so that git is asked once a level and nothing ignored is entered. */
async function walkFolder(root: string, cwd: string): Promise<string[]> {
  const files: string[] = [];
  let level = [root];
  while (level.length > 0 && files.length <= MAX_MEASURED_FILES) {
    const entries = level.flatMap((folder) => entriesOf(folder, cwd));
    const ignored = await ignoredOf(
      entries.map(({ path }) => path),
      cwd,
    );
    const kept = entries.filter(({ path }) => !ignored.has(path));
    files.push(...kept.filter(({ folder, path }) => !folder && languageOf(path) !== undefined).map(({ path }) => path));
    level = kept.filter(({ folder }) => folder).map(({ path }) => path);
  }
  return files.sort();
}

function entriesOf(folder: string, cwd: string): { path: string; folder: boolean }[] {
  const place = folder.startsWith("/") ? folder : join(cwd, folder);
  const prefix = folder === "." ? "" : `${folder.replace(/\/+$/, "")}/`;
  return namesIn(place, folder)
    .filter((entry) => entry.name !== ".git" && (entry.isFile() || entry.isDirectory()))
    .map((entry) => ({ path: `${prefix}${entry.name}`, folder: entry.isDirectory() }));
}

function namesIn(place: string, folder: string): Dirent[] {
  try {
    return readdirSync(place, { withFileTypes: true });
  } catch (thrown) {
    throw invalid("NO_SUCH_PATH", `the folder ${folder} cannot be read (${messageOf(thrown)}).`, thrown);
  }
}

/** Outside a repository, and without git, nothing is ignored. */
function ignoredOf(paths: readonly string[], cwd: string): Promise<Set<string>> {
  return new Promise((resolve) => {
    const child = spawn("git", MATCHING, { cwd, stdio: ["pipe", "pipe", "ignore"] });
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stdin.on("error", () => undefined); // git ends at once where there is no repository; its exit code tells
    child.once("error", () => resolve(new Set()));
    child.once("close", (code) => resolve(new Set(code === 0 ? splitNul(Buffer.concat(chunks).toString("utf8")) : [])));
    child.stdin.end(paths.map((path) => `${path}\0`).join(""));
  });
}
