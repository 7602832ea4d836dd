import { rm } from "node:fs/promises";
import { join } from "node:path";
import { sha256Hex } from "../../kernel/canonical.js";
import { invalid } from "../../kernel/fault.js";
import { systemRandom } from "../../kernel/ids.js";
import { type Call, type Permit, useOnce } from "../authority.js";
import { type Git, splitNul } from "../git/git.js";
import { userExcludes } from "../git/git-excludes.js";
import { gitRefused, isRefused } from "../git/git-process.js";
import { copyIndex } from "../git/index-copy.js";
import type { Repository } from "../repository/repository.js";
import { compileDeny, DEFAULT_DENY } from "./deny.js";
import { putTasksBy } from "./stale-task.js";

/** What a cycle's branch is opened for. */
export interface CycleBranchArgs {
  readonly plan_id: string;
  readonly cycle: number;
  /** Whether uncommitted changes of the user's checkout are part of the base. */
  readonly include_wip: boolean;
}

/** The branch of a cycle. */
export interface CycleBranch {
  /** Without `refs/heads/`. */
  readonly branch: string;
  /** Its newest commit. */
  readonly head: string;
}

/**
 * What the log knows of a cycle's branch: that it was opened, or that a call to open it was interrupted, and the commit
 * at which it may have made it; nothing of one that no call made.
 */
export type BranchHistory = "opened" | { readonly interruptedAt: string } | undefined;

type Interrupted = Exclude<BranchHistory, "opened">;

/** `worknode/<plan id>/<cycle>`. */
export function cycleBranchName(planId: string, cycle: number): string {
  return `worknode/${refPart(planId)}/${cycle}`;
}

/** An id as one part of a ref or file name: itself where git allows it, else cleaned and told apart by a hash. */
export function refPart(id: string): string {
  const safe = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/.test(id) && !/\.\.|\.$|\.lock$/.test(id);
  if (safe) return id;
  return `${id.replace(/[^A-Za-z0-9_]+/g, "-").slice(0, 80)}-${sha256Hex(id).slice(0, 8)}`;
}

/**
 * Opens the cycle's branch at the user's HEAD, or at a snapshot of the checkout. The user's checkout,
 * index and branch stay as they are. Called again for a branch the log knows it gives it as it is now; `historyNow` is
 * asked where there is one. Throws Fault BRANCH_EXISTS (exit 2) when no call of this cycle made it, or it does not build
 * on HEAD.
 */
export async function openCycleBranch(
  permit: Permit,
  repository: Repository,
  call: Call<CycleBranchArgs>,
  historyNow: () => BranchHistory,
): Promise<CycleBranch> {
  useOnce(permit, call);
  const branch = cycleBranchName(call.args.plan_id, call.args.cycle);
  const existing = await branchTip(repository, branch);
  if (existing !== undefined) return reuse(repository, { branch, head: existing }, { call, history: historyNow() });
  await putTasksBy(repository, call.args.cycle, branch);
  const head = await startOf(repository, call.args);
  const fault = await createRef(repository.git, `refs/heads/${branch}`, head);
  if (fault === undefined) return { branch, head };
  const other = await branchTip(repository, branch); // made by another process meanwhile
  if (other !== undefined) return reuse(repository, { branch, head: other }, { call, history: historyNow() });
  if (isRefused(fault)) throw gitRefused("update-ref", fault);
  throw invalid("BRANCH_FAILED", `git could not create ${branch}: ${fault}. Rename the branch in its way.`);
}

async function startOf(repository: Repository, { include_wip: includeWip }: CycleBranchArgs): Promise<string> {
  return includeWip ? await snapshotCheckout(repository) : repository.head;
}

async function reuse(
  repository: Repository,
  found: CycleBranch,
  { call, history }: { call: Call<CycleBranchArgs>; history: BranchHistory },
): Promise<CycleBranch> {
  const { branch, head } = found;
  if (history !== "opened" && !(await isOfInterrupted(repository, head, { args: call.args, history })))
    throw invalid(
      "BRANCH_EXISTS",
      `${branch} exists already, from a cycle this log does not know. Rename or delete it, then \`worknode continue\`.`,
    );
  const related = await repository.git.attempt(["merge-base", head, repository.head]);
  if (related.code === 0) return found;
  throw invalid("BRANCH_EXISTS", `branch ${branch} exists and shares no history with HEAD. Rename or delete it first.`);
}

/** Whether an interrupted call made the branch: it is where that call began, or holds the same snapshot. */
async function isOfInterrupted(
  repository: Repository,
  head: string,
  { args, history }: { args: CycleBranchArgs; history: Interrupted },
): Promise<boolean> {
  if (history === undefined) return false;
  if (head === history.interruptedAt) return true;
  const snapshot = await startOf(repository, args);
  return (
    snapshot !== repository.head && (await contentOf(repository, head)) === (await contentOf(repository, snapshot))
  );
}

/** Tree and parents of a commit. */
async function contentOf({ git }: Repository, commit: string): Promise<string> {
  return git.run(["show", "--no-patch", "--format=%T %P", commit, "--"]);
}

/** Makes a ref that must not exist yet. Answers git's words when it could not. */
export async function createRef(git: Git, ref: string, commit: string): Promise<string | undefined> {
  const made = await git.attempt(["update-ref", "-m", "worknode: open", ref, commit, ""]);
  return made.code === 0 ? undefined : made.stderr.trim();
}

/** The commit a name stands for, or undefined. */
export async function resolveCommit(git: Pick<Git, "attempt">, name: string): Promise<string | undefined> {
  const found = await git.attempt(["rev-parse", "--verify", "--quiet", `${name}^{commit}`]);
  return found.code === 0 ? found.stdout.toString("utf8").trim() : undefined;
}

/** Whether a commit is `of` or one of its ancestors. */
export async function isAncestor(repository: Pick<Repository, "git">, commit: string, of: string): Promise<boolean> {
  return (await repository.git.attempt(["merge-base", "--is-ancestor", commit, of])).code === 0;
}

/** The commit a branch is at, or undefined. */
export async function branchTip({ git }: Pick<Repository, "git">, branch: string): Promise<string | undefined> {
  const [commit] = await git.objects.describe([`refs/heads/${branch}^{commit}`]);
  return commit?.id;
}

/** The newest commit of the cycle's branch. Throws Fault NO_BRANCH (exit 2). */
export async function cycleHead(repository: Pick<Repository, "git">, branch: string): Promise<string> {
  const head = await branchTip(repository, branch);
  if (head === undefined) throw invalid("NO_BRANCH", `branch ${branch} does not exist. It held the cycle's result.`);
  return head;
}

/** Uncommitted paths of the user's checkout, to warn of: changed, staged and untracked, not ignored. Sorted. */
export async function dirtyPaths(repository: Repository): Promise<string[]> {
  return listDirty(repository, undefined);
}

async function listDirty(repository: Repository, indexFile: string | undefined): Promise<string[]> {
  const excludes = await userExcludes(repository.checkout);
  const settings = excludes === undefined ? [] : ["-c", `core.excludesFile=${excludes}`];
  const paths = await statusPaths(repository.git, { settings, indexFile });
  return paths.filter((path) => path !== ".worknode/.gitignore");
}

/**
 * Paths that differ from HEAD in the index or the checkout, and untracked ones that are not ignored.
 * Submodules are left out: looking into one would run git under its configuration.
 */
export async function statusPaths(
  git: Git,
  options: { settings?: readonly string[]; indexFile?: string | undefined } = {},
): Promise<string[]> {
  const args = [...(options.settings ?? []), "status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all"];
  const text = await git.run([...args, "--ignore-submodules=all"], indexOption(options.indexFile));
  const paths = splitNul(text).map((entry) => entry.slice(3));
  return [...new Set(paths)].filter((path) => !path.endsWith("/")).sort();
}

/** A commit of the checkout as it is, made with an index of its own. Secrets (`DEFAULT_DENY`) stay as in HEAD. */
export async function snapshotCheckout(repository: Repository): Promise<string> {
  const indexFile = join(repository.stateDir, `index.${systemRandom.hex(8)}`);
  try {
    await copyIndex(join(repository.gitDir, "index"), indexFile).catch(() => undefined);
    const dirty = await listDirty(repository, indexFile);
    if (dirty.length === 0) return repository.head;
    await stageSnapshot(repository, dirty, indexFile);
    const tree = (await repository.git.run(["write-tree"], { indexFile })).trim();
    const args = ["commit-tree", tree, "-p", repository.head, "-m", "Uncommitted changes at the start of the cycle"];
    return (await repository.git.run(args)).trim();
  } finally {
    await rm(indexFile, { force: true });
  }
}

async function stageSnapshot(repository: Repository, dirty: readonly string[], indexFile: string): Promise<void> {
  const isSecret = compileDeny(DEFAULT_DENY);
  const open = dirty.filter((path) => !isSecret(path));
  const secret = dirty.filter((path) => isSecret(path));
  await stagePaths(repository.git, open, indexFile);
  if (secret.length === 0) return;
  const kept = await repository.git.run(["ls-tree", "-z", repository.head, "--", ...secret]);
  const removals = secret.map((path) => `0 ${"0".repeat(repository.head.length)}\t${path}\0`).join("");
  await repository.git.run(["update-index", "-z", "--index-info"], { indexFile, input: removals + kept });
}

/** Brings the named paths of an index to what the checkout holds, or drops those it lacks. */
export async function stagePaths(git: Git, paths: readonly string[], indexFile: string): Promise<void> {
  if (paths.length === 0) return;
  const input = paths.map((path) => `${path}\0`).join("");
  await git.run(["update-index", "--add", "--remove", "-z", "--stdin"], { indexFile, input });
}

function indexOption(indexFile: string | undefined): { indexFile?: string } {
  return indexFile === undefined ? {} : { indexFile };
}
