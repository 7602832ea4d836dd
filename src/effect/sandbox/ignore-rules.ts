import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { MAX_IGNORE_FILES } from "../../kernel/bounds.js";
import { Fault } from "../../kernel/fault.js";
import { makeFolder } from "../disk/make-folder.js";
import { type Git, splitNul } from "../git/git.js";
import { removeTree } from "./layer.js";

/** Tells which of the given layer-relative paths (directories end in `/`) git ignores. */
export type IgnoreRules = (paths: readonly string[]) => Promise<Set<string>>;

/** What ignore rules are read from and where they are kept. */
export interface IgnoreSource {
  /** Git bound to the task's worktree. */
  readonly git: Git;
  readonly gitDir: string;
  readonly baseCommit: string;
  /** A directory of our own for the rule files; emptied first. */
  readonly directory: string;
}

/**
 * The ignore rules of the base commit: an agent that edits a `.gitignore` does not change what counts
 * as scratch. The commit's rule files are written to a directory of their own, and git matches
 * there. Throws Fault GIT_FAILED, and IGNORE_RULES beyond MAX_IGNORE_FILES rule files.
 */
export async function loadIgnoreRules(source: IgnoreSource): Promise<IgnoreRules> {
  await removeTree(source.directory);
  makeFolder(source.directory);
  for (const { path, object } of await ruleFiles(source)) {
    const file = join(source.directory, path);
    makeFolder(dirname(file));
    await writeFile(file, await source.git.run(["cat-file", "blob", object]));
  }
  const git = source.git.at(source.gitDir, source.directory);
  return async (paths) => {
    if (paths.length === 0) return new Set();
    // check-ignore knows no literal pathspecs; "./" keeps a name from being read as pathspec magic
    const input = paths.map((path) => `./${path}\0`).join("");
    const args = ["--no-literal-pathspecs", "check-ignore", "--no-index", "--stdin", "-z"];
    const output = await git.attempt(args, { input });
    if (output.code > 1) throw new Fault("GIT_FAILED", `git check-ignore failed: ${output.stderr.trim()}`);
    return new Set(splitNul(output.stdout.toString("utf8")).map((path) => path.slice(2)));
  };
}

/** The `.gitignore` files of the base commit; git does not follow one that is a link. */
async function ruleFiles(source: IgnoreSource): Promise<{ path: string; object: string }[]> {
  const listing = await source.git.run(["ls-tree", "-r", "-z", source.baseCommit]);
  const files = splitNul(listing).flatMap((line) => {
    const [facts = "", path = ""] = line.split("\t", 2);
    const [mode = "", , object = ""] = facts.split(" ");
    return mode.startsWith("100") && /(^|\/)\.gitignore$/.test(path) ? [{ path, object }] : [];
  });
  if (files.length > MAX_IGNORE_FILES)
    throw new Fault("IGNORE_RULES", `the commit holds more than ${MAX_IGNORE_FILES} .gitignore files`, { exitCode: 2 });
  return files;
}
