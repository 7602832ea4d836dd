import type { CommitFact } from "../../capability/provenance.js";
import { receiptTexts } from "../../capability/receipt.js";
import type { History } from "../git/history.js";
import { listNamed } from "../git/history-files.js";
import { readCommits } from "./commits.js";

/** Characters at a receipt's end by which git looks for it: the signature, which is no other's. */
const TAIL_CHARS = 120;
/** Receipts that git is asked for in one look through the history. */
const RECEIPTS_AT_A_TIME = 200;

/**
 * Commits whose receipt another commit used before them, by that one's id: an ancestor of theirs, or one of the base that
 * was taken back since. Doing it again is a change of its own, which nobody signed. What a shallow clone lacks is not seen.
 */
export async function replays(
  history: History,
  facts: readonly CommitFact[],
  bases: readonly string[],
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const signed = facts.filter(({ message }) => receiptTexts(message).length > 0);
  for (const { id: earlier, message, isBase } of await carriers(history, signed, bases)) {
    const used = new Set(receiptTexts(message));
    const again = signed.filter(
      (fact) => fact.id !== earlier && receiptTexts(fact.message).some((text) => used.has(text)),
    );
    for (const fact of again)
      if ((await isAncestor(history, earlier, fact.id)) || (isBase && (await isTakenBack(history, fact, bases))))
        found.set(fact.id, earlier);
  }
  return found;
}

interface Carrier {
  readonly id: string;
  readonly message: string;
  /** Whether the base holds it. */
  readonly isBase: boolean;
}

/** Commits that carry receipts of these: those of the base's history, and these themselves. */
async function carriers(history: History, signed: readonly CommitFact[], bases: readonly string[]): Promise<Carrier[]> {
  const texts = [...new Set(signed.flatMap(({ message }) => receiptTexts(message)))];
  const ids = new Set<string>();
  for (let start = 0; start < texts.length; start += RECEIPTS_AT_A_TIME) {
    const words = texts.slice(start, start + RECEIPTS_AT_A_TIME).map((text) => `--grep=${text.slice(-TAIL_CHARS)}`);
    const listed = await history.git.run(["rev-list", "--fixed-strings", ...words, ...bases]);
    for (const id of listed.split("\n").filter(Boolean)) ids.add(id);
  }
  const ofBase = await readCommits(history, [...ids]);
  return [
    ...ofBase.map(({ id, message }) => ({ id, message, isBase: true })),
    ...signed.map(({ id, message }) => ({ id, message, isBase: false })),
  ];
}

async function isAncestor({ git }: History, earlier: string, later: string): Promise<boolean> {
  return (await git.attempt(["merge-base", "--is-ancestor", earlier, later])).code === 0;
}

/** Whether the base holds everything that a commit changes as it was before it. */
async function isTakenBack(
  history: History,
  { changes }: Pick<CommitFact, "changes">,
  [base = ""]: readonly string[],
): Promise<boolean> {
  const now = await listNamed(
    history,
    base,
    changes.map(({ path }) => path),
  );
  return changes.length > 0 && changes.every(({ path, before }) => (now.get(path) ?? null) === before);
}
