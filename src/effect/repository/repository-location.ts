import { existsSync, lstatSync, readFileSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { sha256Hex } from "../../kernel/canonical.js";
import { invalid, messageOf } from "../../kernel/fault.js";
import { repositoryFault } from "../git/repository-fault.js";

/** Where a repository and worknode's files for it are. Found by reading names only: no program is started. */
export interface RepositoryLocation {
  /** Top of the main checkout: where `.worknode/` is. */
  readonly root: string;
  /** Top of the checkout the search started in: `root`, or a linked worktree. */
  readonly checkout: string;
  /** Git directory of `checkout`. */
  readonly gitDir: string;
  /** Git directory shared by every worktree, as a real path. */
  readonly commonDir: string;
  /** 16 hex digits, the same from every worktree of the repository. */
  readonly projectId: string;
  /** `$XDG_STATE_HOME/worknode/<project id>`: keys, worktrees, layers, journals. */
  readonly stateDir: string;
  /** `<root>/.worknode/worknode.db`. */
  readonly databasePath: string;
}

/** Levels of directories searched upwards. */
const MAX_LEVELS = 256;

/**
 * The repository that holds `cwd`, or undefined when there is none. Reads names and small files only. Throws Fault
 * NO_REPOSITORY (exit 2) for one that cannot be entered.
 */
export function locateRepository(cwd: string, env: NodeJS.ProcessEnv = process.env): RepositoryLocation | undefined {
  const found = findCheckout(realpathSync.native(cwd));
  if (found === undefined) return undefined;
  const commonDir = commonDirOf(found.gitDir);
  const root = mainCheckout(found.checkout, found.gitDir, commonDir);
  return {
    root,
    checkout: found.checkout,
    gitDir: found.gitDir,
    commonDir,
    // Hashing opens the whole of Node's crypto: not for those who only want the database.
    get projectId() {
      return sha256Hex(commonDir).slice(0, 16);
    },
    get stateDir() {
      return join(stateHome(env), "worknode", this.projectId);
    },
    databasePath: join(root, ".worknode", "worknode.db"),
  };
}

/** `$XDG_STATE_HOME` when absolute (a relative one is void by its specification), else `~/.local/state`. */
export function stateHome(env: NodeJS.ProcessEnv): string {
  const configured = env["XDG_STATE_HOME"] ?? "";
  return isAbsolute(configured) ? configured : join(env["HOME"] ?? homedir(), ".local", "state");
}

function findCheckout(start: string): { checkout: string; gitDir: string } | undefined {
  let directory = start;
  for (let level = 0; level < MAX_LEVELS; level += 1) {
    const gitDir = gitDirOrFault(directory);
    if (gitDir !== undefined) return { checkout: directory, gitDir };
    const parent = dirname(directory);
    if (parent === directory) return undefined;
    directory = parent;
  }
  return undefined;
}

/** The git directory that `<directory>/.git` is or, being a file, names. */
function gitDirIn(directory: string): string | undefined {
  const entry = join(directory, ".git");
  // The usual case by one question, as those of lstat are felt where a whole program costs little more.
  if (existsSync(join(entry, "HEAD"))) return realpathSync.native(entry);
  const stat = lstatSync(entry, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  const target = stat.isFile() ? readPointer(entry, directory) : entry;
  return target !== undefined && isGitDir(target) ? realpathSync.native(target) : undefined;
}

function readPointer(file: string, directory: string): string | undefined {
  const match = /^gitdir: (.+?)\n?$/s.exec(readFileSync(file, "utf8"));
  return match?.[1] === undefined ? undefined : resolve(directory, match[1]);
}

function isGitDir(directory: string): boolean {
  return lstatSync(join(directory, "HEAD"), { throwIfNoEntry: false }) !== undefined;
}

/** Throws Fault NO_REPOSITORY where there is one that this user may not enter: no other, further up, is meant. */
function gitDirOrFault(directory: string): string | undefined {
  try {
    return gitDirIn(directory);
  } catch (thrown) {
    throw invalid("NO_REPOSITORY", repositoryFault(directory) ?? messageOf(thrown), thrown);
  }
}

function commonDirOf(gitDir: string): string {
  const file = join(gitDir, "commondir");
  if (!existsSync(file)) return gitDir;
  return realpathSync.native(resolve(gitDir, readFileSync(file, "utf8").trim()));
}

/** The main checkout; a linked worktree stands for itself where there is none (a bare repository). */
function mainCheckout(checkout: string, gitDir: string, commonDir: string): string {
  if (gitDir === commonDir || basename(commonDir) !== ".git") return checkout;
  const config = readFileSync(join(commonDir, "config"), "utf8");
  return /^\s*bare\s*=\s*true\s*$/im.test(config) ? checkout : dirname(commonDir);
}
