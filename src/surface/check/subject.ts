import type { History } from "../../effect/git/history.js";
import { indexTree } from "../../effect/git/history-files.js";
import { emptyTree } from "../../effect/git/tree-object.js";
import { type Commit, findCommits, listCommits, readCommits, shallow } from "../../effect/provenance/commits.js";
import { mergedTree } from "../../effect/provenance/provenance-facts.js";
import { compareTrees, type TreeDifference } from "../../effect/workspace/tree.js";
import { invalid } from "../../kernel/fault.js";
import { baseOfCi } from "./ci-target.js";

/** What a check is asked to look at. */
export interface SubjectWish {
  readonly base?: string;
  readonly head?: string;
  readonly staged?: boolean;
  readonly all?: boolean;
  /** Commit or tree the change is compared with, where that is not where it left the base: what a push replaces. */
  readonly from?: string;
}

/** What is judged, and where its rules come from. A branch without a commit is compared with nothing. */
export interface Subject {
  readonly scope: "change" | "staged" | "all";
  /** Commit whose policy, plan, baseline and keys hold. */
  readonly rules: string;
  /** Commit the change is compared with; null for the whole tree. */
  readonly from: string | null;
  /** Commit that is judged; for what is staged, the tree of the index. */
  readonly head: string;
  /** What differs, or undefined where every file is judged. */
  readonly differences: readonly TreeDifference[] | undefined;
  /** Commits of the change, oldest first; read when asked for. */
  commits(): Promise<readonly Commit[]>;
}

/**
 * Finds what is judged. A change is compared with where it left the base; its rules are those of the base as it is
 * now. Throws Fault UNKNOWN_REF, NO_BASE, SHALLOW, UNRELATED, UNMERGED, BAD_NAME, all exit 2.
 */
export async function findSubject(history: History, wish: SubjectWish, env: NodeJS.ProcessEnv): Promise<Subject> {
  if (wish.staged === true) return await stagedSubject(history);
  const head = await commitOf(history, wish.head ?? "HEAD");
  if (wish.all === true) {
    const rules = await commitOf(history, wish.base ?? baseOfCi(env) ?? head);
    return { scope: "all", rules, from: null, head, differences: undefined, commits: async () => [] };
  }
  const base = await findBase(history, wish.base, env);
  const from = wish.from ?? (await mergeBase(history, base, head));
  return {
    scope: "change",
    rules: base,
    from,
    head,
    differences: await differencesOf(history, from, head),
    commits: () => listCommits(history, [base, from], head),
  };
}

async function stagedSubject(history: History): Promise<Subject> {
  const head = await indexTree(history);
  const [newest] = await findCommits(history, ["HEAD"]);
  const rules = newest ?? emptyTree(head);
  const differences = await differencesOf(history, rules, head);
  return { scope: "staged", rules, from: rules, head, differences, commits: async () => [] };
}

/** A name that is no UTF-8 cannot be told from others, so nothing is judged around it. */
async function differencesOf({ git }: History, from: string, to: string): Promise<TreeDifference[]> {
  if (from === to) return [];
  const differences = await compareTrees(git, from, to);
  refuseOddName(differences.map(({ path }) => path));
  return differences;
}

/** Throws Fault BAD_NAME (exit 2) where git gave a name that is no UTF-8. */
export function refuseOddName(paths: readonly string[]): void {
  const odd = paths.find((path) => path.includes("\ufffd"));
  if (odd !== undefined)
    throw invalid("BAD_NAME", `there is a file whose name is not UTF-8: ${JSON.stringify(odd)}. Rename it.`);
}

/** A commit by name. Throws Fault UNKNOWN_REF, or SHALLOW where the clone may lack it (exit 2). */
export async function commitOf(history: History, name: string): Promise<string> {
  const [id] = await findCommits(history, [name]);
  if (id !== undefined) return id;
  if (history.cutOff.size > 0) throw shallow(`it has no commit '${name}'`);
  throw invalid(
    "UNKNOWN_REF",
    `there is no commit '${name}' in this repository. Fetch it, or name another with --base.`,
  );
}

/** Refs that name the base where nobody does: the pull or merge request's, the branch's upstream, the default branch. */
async function findBase(history: History, given: string | undefined, env: NodeJS.ProcessEnv): Promise<string> {
  if (given !== undefined) return await commitOf(history, given);
  const asked = baseOfCi(env);
  if (asked !== undefined) return await commitOf(history, asked);
  const found = await findCommits(history, ["@{upstream}", "refs/remotes/origin/HEAD"]);
  const id = found.find((each) => each !== undefined);
  if (id !== undefined) return id;
  throw invalid(
    "NO_BASE",
    "nothing says what the change is to be compared with: this branch has no upstream and there is no origin/HEAD. Name the base with --base, or judge every file with --all.",
  );
}

/**
 * Where branches were merged both ways, there are several places where a change left its base, and a comparison with one
 * of them does not show what goes back to it: the tree that git makes of two of them. Throws Fault SEVERAL_BASES.
 */
async function joinedBase(history: History, first: string, others: readonly string[]): Promise<string> {
  if (others.length === 0) return first;
  const joined = await mergedTree(history, [first, ...others]);
  if (joined !== null) return joined;
  throw invalid(
    "SEVERAL_BASES",
    `the change left its base at several places (${[first, ...others].map((id) => id.slice(0, 12)).join(", ")}). Merge the base into it first.`,
  );
}

/** Where a change left its base. A commit on top of the base, or a merge of the base, says so itself. */
export async function mergeBase(history: History, base: string, head: string): Promise<string> {
  if (base === head) return base;
  const [newest] = await readCommits(history, [head]);
  if (newest?.parents.includes(base) === true) return base;
  const found = await history.git.attempt(["merge-base", "--all", base, head]);
  const [first, ...others] = found.stdout.toString("utf8").split("\n").filter(Boolean);
  if (first !== undefined) return await joinedBase(history, first, others);
  if (history.cutOff.size > 0) throw shallow(`it does not reach to where ${head} left ${base}`);
  throw invalid("UNRELATED", `${head} and ${base} share no history. Name a base that the change was made from.`);
}
