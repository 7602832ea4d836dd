import type { History } from "../../effect/git/history.js";
import { emptyTree } from "../../effect/git/tree-object.js";
import type { Commit } from "../../effect/provenance/commits.js";
import { joinedTree } from "../../effect/provenance/provenance-facts.js";
import { compareTrees } from "../../effect/workspace/tree.js";

/** Parts of a name or an address by which agents that commit are known. Lower case. */
const KNOWN: readonly string[] = [
  "[bot]",
  "claude",
  "noreply@anthropic.com",
  "copilot",
  "codex",
  "devin-ai",
  "cursoragent",
  "cursor agent",
  "gemini-cli",
  "google-labs-jules",
  "openhands",
  "(aider)",
  "worknode@localhost",
];

/** Whether a commit is taken for an agent's, and why. It is a guess: who says nothing passes for a person. */
export interface AuthorGuess {
  readonly commit: Commit;
  readonly agent: boolean;
  readonly why: string;
}

/** Guesses who made a commit by worknode's trailers, co-authors and known names. `more`: a policy's own list. */
export function guessAuthor(commit: Commit, more: readonly string[]): AuthorGuess {
  const known = [...KNOWN, ...more.map((name) => name.toLowerCase())];
  const match = (who: string): string | undefined => known.find((name) => who.toLowerCase().includes(name));
  if (/^[^\S\n]*Worknode-(?:Task|Agent|Plan): /m.test(commit.message))
    return { commit, agent: true, why: "it carries worknode's trailers" };
  const people = [commit.author, commit.committer, ...coAuthors(commit.message)];
  const name = people.find((who) => match(who) !== undefined);
  if (name !== undefined) return { commit, agent: true, why: `'${name}' is known as an agent` };
  return { commit, agent: false, why: `nothing says that '${commit.author}' is an agent` };
}

function coAuthors(message: string): string[] {
  return [...message.matchAll(/^[^\S\n]*(?:co-authored-by|generated-by|assisted-by):\s*(\S.*)$/gim)].map(
    (hit) => hit[1] ?? "",
  );
}

/** Lines for people: each commit and what it was taken for. */
export function guessNotes(guesses: readonly AuthorGuess[]): string[] {
  return guesses.map(
    ({ commit, agent, why }) => `${commit.id.slice(0, 12)} is judged as ${agent ? "an agent's" : "a person's"}: ${why}`,
  );
}

/**
 * Files that agents' commits touch. A first commit touches all it holds. A merge brings what its branches hold, and touches
 * what differs from the tree that git makes of them by itself: also where that is one side's, kept against the other's.
 */
export async function agentFiles(history: History, guesses: readonly AuthorGuess[]): Promise<ReadonlySet<string>> {
  const files = new Set<string>();
  for (const { commit, agent } of guesses) {
    if (!agent) continue;
    for (const path of await touched(history, commit)) files.add(path);
  }
  return files;
}

async function touched(history: History, { id, parents }: Commit): Promise<string[]> {
  const joined = parents.length === 2 ? await joinedTree(history, parents) : undefined;
  const before = joined === undefined ? parents : [joined];
  const sides: string[] = [];
  for (const side of before.length === 0 ? [emptyTree(id)] : before)
    sides.push(...(await compareTrees(history.git, side, id)).map(({ path }) => path));
  return sides;
}
