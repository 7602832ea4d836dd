import type { IssueRow } from "../store/memory-rows.js";
import type { Store } from "../store/store.js";
import { fingerprintOf } from "./fingerprint.js";
import { identifierParts, searchTerms } from "./words.js";

/** Hits looked at from each way of searching. */
const MAX_HITS = 50;
/** With fewer hits than this, parts of identifiers are tried too. */
const ENOUGH_HITS = 3;
/** Constant of reciprocal rank fusion (Cormack et al. 2009). */
const RANK_CONSTANT = 60;
/** What a known fix is worth, and what the same file adds. */
const RESOLVED_FACTOR = 1.5;
const SAME_FILE_BONUS = 1 / RANK_CONSTANT;

/** An error to find the like of. */
export interface SoughtError {
  error: string;
  type?: string;
  file?: string;
}

/** The fix recorded for the very same error (equal fingerprint), so that no mistake is made twice (S3:434). */
export function findKnownFix(store: Store, type: string, error: string): IssueRow | undefined {
  const row = store.queries.issue(fingerprintOf(type, error));
  return row?.solution === undefined ? undefined : row;
}

/**
 * Issues like an error, best first: the same fingerprint, then shared words, then, when those are few,
 * shared parts of identifiers; merged by reciprocal rank, fixes that worked before those that did not.
 */
export function rankIssues(store: Store, sought: SoughtError): IssueRow[] {
  const exact = sought.type === undefined ? undefined : store.queries.issue(fingerprintOf(sought.type, sought.error));
  const byWords = store.queries.searchIssueWords(searchTerms(sought.error), MAX_HITS);
  const lists = [exact === undefined ? [] : [exact], byWords];
  if (byWords.length < ENOUGH_HITS) {
    lists.push(store.queries.searchIssueTrigrams(identifierParts(sought.error), MAX_HITS));
  }
  return fuse(lists, sought.file);
}

/** How often a fix helped, where it was tried: `worked 2 of 3`; else false. */
export function describeOutcomes({ applied, worked }: Pick<IssueRow, "applied" | "worked">): string | false {
  return applied > 0 && `worked ${worked} of ${applied}`;
}

/** What its outcomes make a fix worth: 0.5 untried, more where it worked, less where it did not. */
export function successOf({ applied, worked }: IssueRow): number {
  return (worked + 1) / (applied + 2);
}

function fuse(lists: readonly IssueRow[][], file: string | undefined): IssueRow[] {
  const found = new Map<string, { row: IssueRow; score: number }>();
  for (const [place, list] of lists.entries()) {
    for (const [index, row] of list.entries()) {
      const entry = found.get(row.id) ?? { row, score: 0 };
      entry.score += place === 0 ? 1 : 1 / (RANK_CONSTANT + index + 1);
      found.set(row.id, entry);
    }
  }
  const ranked = [...found.values()].map(({ row, score }) => {
    const worth = (row.resolved ? score * RESOLVED_FACTOR : score) * successOf(row);
    return { row, rank: file !== undefined && row.file === file ? worth + SAME_FILE_BONUS : worth };
  });
  ranked.sort((a, b) => b.rank - a.rank || b.row.seq - a.row.seq);
  return ranked.map(({ row, rank }) => ({ ...row, rank }));
}
