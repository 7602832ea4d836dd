import type { CommitFact } from "../../capability/provenance.js";
import type { History } from "../git/history.js";
import { emptyTree } from "../git/tree-object.js";
import { compareTrees } from "../workspace/tree.js";
import { type Commit, readCommits } from "./commits.js";

/** Commits of other branches whose receipts are looked at. */
const MAX_OTHERS = 10_000;

/** What provenance is judged by, of each of the commits. Throws Fault NO_COMMIT where a parent is missing (exit 2). */
export async function commitFacts(history: History, commits: readonly Commit[]): Promise<CommitFact[]> {
  const parents = [...new Set(commits.flatMap((commit) => commit.parents.slice(0, 1)))];
  const trees = new Map((await readCommits(history, parents)).map(({ id, tree }) => [id, tree]));
  const facts: CommitFact[] = [];
  for (const commit of commits) facts.push(await factOf(history, commit, trees));
  return facts;
}

async function factOf(history: History, commit: Commit, trees: ReadonlyMap<string, string>): Promise<CommitFact> {
  const { id, tree, message, parents } = commit;
  const parentTree = trees.get(parents[0] ?? "") ?? null;
  const differences = await compareTrees(history.git, parentTree ?? emptyTree(tree), tree);
  const changes = differences.map(({ path, before, after, mode }) => ({ path, before, after, mode }));
  return { id, tree, message, parents, parentTree, changes, mergedTree: await mergedTree(history, parents) };
}

/** What git makes of two parents by itself; null on a conflict, for an octopus, and for what is no merge. */
export async function mergedTree({ git }: History, parents: readonly string[]): Promise<string | null> {
  const merged = await mergeTrees(git, parents);
  return merged?.code === 0 ? merged.tree : null;
}

/** The same, with git's marks in what is in conflict; undefined where git joins nothing, as with unrelated histories. */
export async function joinedTree({ git }: History, parents: readonly string[]): Promise<string | undefined> {
  return (await mergeTrees(git, parents))?.tree;
}

/** Code 1 is a conflict: the tree is there all the same. */
async function mergeTrees(
  git: History["git"],
  parents: readonly string[],
): Promise<{ code: number; tree: string } | undefined> {
  const [ours, theirs, ...more] = parents;
  if (ours === undefined || theirs === undefined || more.length > 0) return undefined;
  const { code, stdout } = await git.attempt(["merge-tree", "--write-tree", "--no-messages", ours, theirs]);
  const tree = stdout.toString("utf8").split("\n")[0] ?? "";
  return (code === 0 || code === 1) && tree !== "" ? { code, tree } : undefined;
}

/** The newest commits of every branch and tag that the judged ones do not reach: where a squash came from. */
export async function otherCommits(history: History, head: string): Promise<Commit[]> {
  const ids = await history.git.run(["rev-list", "--all", `--max-count=${MAX_OTHERS}`, `^${head}`]);
  return await readCommits(history, ids.split("\n").filter(Boolean));
}
