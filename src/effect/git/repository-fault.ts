import { accessSync, constants, lstatSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** Levels of directories searched upwards. */
const MAX_LEVELS = 256;
const { R_OK, X_OK } = constants;
/** What git must be able to open before it takes a folder for a repository, and reads anything in it. */
const NEEDED: readonly (readonly [string, number])[] = [
  ["HEAD", R_OK],
  ["config", R_OK],
  ["refs", R_OK | X_OK],
  ["objects", R_OK | X_OK],
];

/**
 * What is wrong with the `.git` around a directory, and what to do about it: of one that it cannot open git says only that
 * there is no repository. Undefined where there is none, and where nothing is wrong with it. Starts no program.
 */
export function repositoryFault(cwd: string): string | undefined {
  const entry = findEntry(resolve(cwd));
  if (entry === undefined) return undefined;
  try {
    const { directory, common } = directoriesOf(entry);
    accessSync(join(directory, "HEAD"), R_OK);
    for (const [name, mode] of NEEDED)
      if (name !== "config" || isThere(join(common, name))) accessSync(join(common, name), mode);
    return undefined;
  } catch (thrown) {
    return describe(entry, thrown as NodeJS.ErrnoException);
  }
}

function findEntry(start: string): string | undefined {
  let directory = start;
  for (let level = 0; level < MAX_LEVELS; level += 1) {
    const entry = join(directory, ".git");
    if (isThere(entry)) return entry;
    if (dirname(directory) === directory) return undefined;
    directory = dirname(directory);
  }
  return undefined;
}

/** Whether a name is there, also in a folder that may be searched and not read. */
function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false; // of a folder that cannot be entered nothing is known
  }
}

/** The git directory that a `.git` is or names, and the one it shares with other worktrees. */
function directoriesOf(entry: string): { directory: string; common: string } {
  const named = lstatSync(entry).isFile() ? /^gitdir: (.+?)\n?$/s.exec(readFileSync(entry, "utf8"))?.[1] : undefined;
  const directory = named === undefined ? entry : resolve(dirname(entry), named);
  const pointer = join(directory, "commondir");
  const common = isThere(pointer) ? resolve(directory, readFileSync(pointer, "utf8").trim()) : directory;
  return { directory, common };
}

function describe(entry: string, { code, path = entry }: NodeJS.ErrnoException): string {
  const damaged = `The repository at ${dirname(entry)} cannot be used: ${path}`;
  if (code !== "ENOENT" && code !== "ENOTDIR")
    return `${damaged} cannot be read (${code ?? "unknown"}). Make its .git readable for this user.`;
  return `${damaged} is missing. Restore its .git or clone it again; of a worktree whose repository was moved, run \`git worktree repair\` there.`;
}
