import { Fault, invalid } from "../../kernel/fault.js";
import { err, ok, type Result } from "../../kernel/result.js";
import { type Call, type Permit, useOnce } from "../authority.js";
import { splitNul } from "../git/git.js";
import { checkoutSettings } from "../repository/checkout-settings.js";
import type { Repository } from "../repository/repository.js";
import { cycleHead, isAncestor, resolveCommit } from "../workspace/branch.js";

/** What is brought together: the cycle's branch with the branch that is checked out. */
export interface JoinArgs {
  /** The cycle's branch. */
  readonly branch: string;
  /** Commit of the user's branch. */
  readonly onto: string;
  /** Branch of worknode's own that takes the outcome. */
  readonly as: string;
  readonly message: string;
}

/** What became of a join. Neither branch has moved. */
export type JoinOutcome =
  /** Everything is on the user's branch already. */
  | { readonly kind: "there" }
  /** The commit to land: a merge, or the cycle's head where the user's branch has not moved. */
  | { readonly kind: "joined"; readonly commit: string }
  /** Both changed these paths; `commit` holds both sides between conflict marks. */
  | { readonly kind: "conflict"; readonly commit: string; readonly paths: readonly string[] };

/**
 * Joins the cycle's branch with a commit of the user's, by plumbing alone: no checkout, no hook. What comes out is
 * kept on a branch of worknode's own, so that it can be verified. Throws Fault NO_BRANCH (exit 2), GIT_FAILED.
 */
export async function joinBranch(permit: Permit, repository: Repository, call: Call<JoinArgs>): Promise<JoinOutcome> {
  useOnce(permit, call);
  const { branch, onto, as, message } = call.args;
  const tip = await cycleHead(repository, branch);
  if (await isAncestor(repository, tip, onto)) return { kind: "there" };
  if (await isAncestor(repository, onto, tip)) return await keepAs(repository, as, { kind: "joined", commit: tip });
  const args = ["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", onto, tip];
  const output = await repository.git.attempt(args);
  if (output.code !== 0 && output.code !== 1)
    throw new Fault("GIT_FAILED", `git merge-tree failed: ${output.stderr.trim()}. worknode needs git 2.38 or newer.`);
  const [tree = "", ...conflicts] = splitNul(output.stdout.toString("utf8"));
  const made = ["commit-tree", tree, "-p", onto, "-p", tip, "-F", "-"];
  const commit = (await repository.git.run(made, { input: message })).trim();
  if (output.code === 0) return await keepAs(repository, as, { kind: "joined", commit });
  return await keepAs(repository, as, { kind: "conflict", commit, paths: [...new Set(conflicts)].sort() });
}

type Joined = Exclude<JoinOutcome, { kind: "there" }>;

async function keepAs(repository: Repository, as: string, outcome: Joined): Promise<Joined> {
  await repository.git.run(["update-ref", "-m", "worknode: join", `refs/heads/${as}`, outcome.commit]);
  return outcome;
}

/** The branch checked out in the user's checkout. Throws Fault DETACHED (exit 2) where there is none. */
export async function currentBranch(repository: Repository): Promise<string> {
  const head = await repository.git.attempt(["symbolic-ref", "--quiet", "--short", "HEAD"]);
  if (head.code === 0) return head.stdout.toString("utf8").trim();
  throw invalid(
    "DETACHED",
    `${repository.checkout} has no branch checked out. Switch to the branch that is to take the work, then land again.`,
  );
}

/** Changed files of the user's checkout that git tracks: with any of them, nothing is landed. */
export async function changedInCheckout(repository: Repository): Promise<string[]> {
  const args = ["status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=no", "--ignore-submodules=all"];
  const settings = await checkoutSettings(repository);
  return splitNul(await repository.git.run([...settings, ...args])).map((entry) => entry.slice(3));
}

/**
 * Fast-forwards the checked-out branch to a commit that was verified, and takes worknode's own branch away. The error
 * says why git would not: the branch moved, or an untracked file is in the way. Nothing is ever overwritten. Files are
 * written as the person's own git would write them, and no hook of theirs is run.
 */
export async function forwardCheckout(
  permit: Permit,
  repository: Repository,
  call: Call<{ readonly from: string; readonly commit: string; readonly as: string }>,
): Promise<Result<void, string>> {
  useOnce(permit, call);
  const { from, commit, as } = call.args;
  const now = await resolveCommit(repository.git, "HEAD");
  if (now !== from) return err(`the branch moved from ${from.slice(0, 10)} while the work was verified; land again`);
  const settings = await checkoutSettings(repository);
  const moved = await repository.git.attempt([...settings, "merge", "--ff-only", "--quiet", commit]);
  if (moved.code !== 0) return err(moved.stderr.trim());
  await repository.git.run(["update-ref", "-d", `refs/heads/${as}`, commit]);
  return ok(undefined);
}

/** The changes between two commits as a unified diff. Runs nothing the repository configures. */
export async function diffCommits(repository: Pick<Repository, "git">, from: string, to: string): Promise<string> {
  const args = ["diff-tree", "-p", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-color", from, to];
  return await repository.git.run(args);
}
