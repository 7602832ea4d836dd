import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { systemRandom } from "../../kernel/ids.js";
import { withLock } from "../lock/file-lock.js";
import type { Repository } from "../repository/repository.js";
import { branchTip, createRef, resolveCommit } from "./branch.js";

/** Where a worktree is and which branch is checked out in it (none: detached). */
export interface WorktreePlace {
  readonly worktree: string;
  readonly branch?: string;
}

/**
 * Makes a git worktree at `commit`, and returns its git directory. Nothing may stand at the path. A
 * branch of that name which holds other commits is kept under another name. A git that outlives a
 * killed worknode can only go on with its own step, and only in its own path.
 */
export async function addWorktree(repository: Repository, place: WorktreePlace, commit: string): Promise<string> {
  const { worktree, branch } = place;
  if (branch !== undefined) await keepBranch(repository, branch, commit);
  if (branch !== undefined) await repository.git.run(["update-ref", `refs/heads/${branch}`, commit]);
  const at = branch === undefined ? ["--detach", worktree, commit] : [worktree, branch];
  const gitDir = await withWorktreeList(repository, async () => {
    await forgetWorktree(repository, worktree);
    await repository.git.run(["worktree", "add", "--quiet", "--force", "--no-checkout", ...at]);
    return await registerWorktree(repository, worktree);
  });
  await repository.git.at(gitDir, worktree).run(["read-tree", "--reset", "-u", commit]);
  return gitDir;
}

/** A git that goes through all worktrees fails where it finds one that is only half made, or half gone. */
export async function withWorktreeList<T>(repository: Repository, work: () => Promise<T>): Promise<T> {
  return await withLock(join(repository.stateDir, "locks", "worktrees"), work, repository.clock);
}

/** Takes away what git remembers of a worktree that used to be at the path, which would be in the way. */
async function forgetWorktree(repository: Repository, worktree: string): Promise<void> {
  const directory = join(repository.commonDir, "worktrees");
  await mkdir(directory, { recursive: true }); // git makes it itself, but not where a link leads to it
  for (const name of await readdir(directory)) {
    const place = (await readFile(join(directory, name, "gitdir"), "utf8").catch(() => "")).trim();
    if (place === join(worktree, ".git")) await rm(join(directory, name), { recursive: true, force: true });
  }
}

/** `worktree add` writes worknode's private common directory into `.git`; everyone else needs the repository's own. */
async function registerWorktree(repository: Repository, worktree: string): Promise<string> {
  const name = basename((await readFile(join(worktree, ".git"), "utf8")).trim());
  const gitDir = join(repository.commonDir, "worktrees", name);
  await writeFile(join(worktree, ".git"), `gitdir: ${gitDir}\n`);
  return gitDir;
}

/** The git directory of an existing worktree of this repository; undefined when it is not one. */
export async function worktreeGitDir(repository: Repository, worktree: string): Promise<string | undefined> {
  const text = await readFile(join(worktree, ".git"), "utf8").catch(() => "");
  const target = /^gitdir: (.+)\n$/.exec(text)?.[1];
  if (target === undefined) return undefined;
  const gitDir = join(repository.commonDir, "worktrees", basename(resolve(target)));
  const backPointer = (await readFile(join(gitDir, "gitdir"), "utf8").catch(() => "")).trim();
  const whole = await stat(join(gitDir, "index")).catch(() => undefined);
  return backPointer === join(worktree, ".git") && whole !== undefined ? gitDir : undefined;
}

async function keepBranch(repository: Repository, branch: string, commit: string): Promise<void> {
  const tip = await branchTip(repository, branch);
  if (tip === undefined || tip === commit) return;
  const contained = await repository.git.attempt(["merge-base", "--is-ancestor", tip, commit]);
  if (contained.code === 0) return;
  await createRef(repository.git, `refs/heads/${branch}-left-${tip.slice(0, 12)}`, tip);
}

/** Takes a worktree away for good. Only for one that never held work or whose work is merged. */
export async function dropWorktree(repository: Repository, worktree: string): Promise<void> {
  await withWorktreeList(repository, () => forgetWorktree(repository, worktree));
  await rm(worktree, { recursive: true, force: true, maxRetries: 5 });
}

/** Moves a worktree that is in the way aside, with all it holds, off its branch, and returns where it is now. */
export async function setAside(repository: Repository, worktree: string): Promise<string> {
  const aside = `${worktree}.left-${systemRandom.hex(4)}`;
  const gitDir = await worktreeGitDir(repository, worktree);
  if (gitDir === undefined) {
    await rename(worktree, aside);
    return aside;
  }
  await withWorktreeList(repository, () => repository.git.run(["worktree", "move", worktree, aside]));
  const git = repository.git.at(gitDir, aside);
  const tip = await resolveCommit(git, "HEAD");
  if (tip !== undefined) await git.run(["update-ref", "--no-deref", "HEAD", tip]);
  return aside;
}
