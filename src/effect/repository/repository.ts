import { chmod, lstat, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, systemClock } from "../../kernel/clock.js";
import { type Fault, invalid, messageOf } from "../../kernel/fault.js";
import { isDiskFull } from "../disk/disk-fault.js";
import { makeFolder } from "../disk/make-folder.js";
import { createGit, type Git } from "../git/git.js";
import { prepareGitDirectory } from "../git/git-directory.js";
import { repositoryFault } from "../git/repository-fault.js";
import { registerProject } from "./project-registry.js";
import { locateRepository, type RepositoryLocation } from "./repository-location.js";

/** A git repository with at least one commit, and the git that is safe to use on it. */
export interface Repository extends RepositoryLocation {
  /** Where agents and their commands see it: at its own path, a clone at the path of what it stands for. */
  readonly shownRoot: string;
  /** Commit checked out in `checkout`: the base of a new cycle. */
  readonly head: string;
  /** Git bound to `checkout`. */
  readonly git: Git;
  /** What the person's own git is configured by. */
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
}

/** What may be given instead of the real surroundings. */
export interface RepositoryOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly clock?: Clock;
  /** The repository that this clone stands for. */
  readonly shownRoot?: string | undefined;
}

/** Content of `.worknode/.gitignore`: what is worknode's own and no part of the project. */
const PROJECT_IGNORE = "worknode.db*\nlogs/\n";

/**
 * The repository that holds `cwd`, from any sub-directory and any worktree of it. Creates the state
 * directory (0700). Throws Fault NO_REPOSITORY, NO_COMMIT or STATE_DIRECTORY, all exit 2.
 */
export async function findRepository(cwd: string, options: RepositoryOptions = {}): Promise<Repository> {
  const location = locateRepository(cwd, options.env);
  if (location === undefined)
    throw invalid(
      "NO_REPOSITORY",
      repositoryFault(cwd) ??
        `${cwd} is not inside a git repository. Run \`git init\` and commit something, or go to your repository.`,
    );
  const clock = options.clock ?? systemClock;
  const privateDir = await prepareState(location);
  const git = createGit({ gitDir: location.gitDir, workTree: location.checkout, privateDir, clock });
  const head = await git.attempt(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]);
  if (head.code !== 0) throw await noCommit(git, location.checkout);
  const { shownRoot = location.root, env = process.env } = options;
  return { ...location, shownRoot, head: head.stdout.toString("utf8").trim(), git, env, clock };
}

/** Where git cannot read the repository, or the commit its HEAD names, it knows of no commit either. Throws Fault GIT_UNREADABLE. */
async function noCommit(git: Git, checkout: string): Promise<Fault> {
  const why = repositoryFault(checkout);
  if (why !== undefined) return invalid("NO_REPOSITORY", why);
  const named = await git.attempt(["rev-parse", "--verify", "--quiet", "HEAD"]);
  if (named.code === 0) await git.run(["cat-file", "commit", named.stdout.toString("utf8").trim()]);
  return invalid(
    "NO_COMMIT",
    `${checkout} has no commit yet. worknode starts from a commit: run \`git add -A && git commit\` first.`,
  );
}

async function prepareState(location: RepositoryLocation): Promise<string> {
  try {
    makeFolder(location.stateDir, 0o700);
    await chmod(location.stateDir, 0o700);
    return await prepareGitDirectory(location.commonDir, location.stateDir);
  } catch (cause) {
    throw invalid(
      "STATE_DIRECTORY",
      `cannot write worknode's state directory ${location.stateDir} (${messageOf(cause)}). Set XDG_STATE_HOME to a directory you can write.`,
      cause,
    );
  }
}

/**
 * Makes `<root>/.worknode/` with its `.gitignore` and returns its path; an existing one is left as it
 * is. Registers the project for the commands over all of them. Throws Fault PROJECT_DIRECTORY (exit 2) where it cannot be made or is no directory.
 */
export async function ensureProjectDir(repository: RepositoryLocation): Promise<string> {
  const directory = join(repository.root, ".worknode");
  try {
    await mkdir(directory, { mode: 0o755 }).catch(ignoreExisting);
    if (!(await lstat(directory)).isDirectory()) throw new Error("it exists and is not a directory");
    await writeIgnore(join(directory, ".gitignore"));
    registerProject(repository);
    return directory;
  } catch (cause) {
    throw projectDirectoryFault(directory, cause);
  }
}

/** Writes the ignore rules where there are none; a full disk leaves none by half, which would pass for a person's. */
async function writeIgnore(file: string): Promise<void> {
  const made = await writeFile(file, "", { flag: "wx" }).then(() => true, ignoreExisting);
  if (made !== true) return;
  try {
    await writeFile(file, PROJECT_IGNORE);
  } catch (thrown) {
    await rm(file, { force: true });
    throw thrown;
  }
}

function projectDirectoryFault(directory: string, cause: unknown): Fault {
  const remedy = isDiskFull(cause) ? "free some space and try again." : "make the directory writable.";
  const message = `cannot make ${directory} (${messageOf(cause)}). worknode keeps its database there: ${remedy}`;
  return invalid("PROJECT_DIRECTORY", message, cause);
}

function ignoreExisting(thrown: unknown): void {
  if ((thrown as NodeJS.ErrnoException).code !== "EEXIST") throw thrown;
}
