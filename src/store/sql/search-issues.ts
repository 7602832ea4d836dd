import { type Columns, ISSUE_COLUMNS, issueOf } from "../columns.js";
import type { Connection } from "../connection.js";
import type { IssueRow } from "../memory-rows.js";
import { rankByWords, rowsInOrder, type WordIndex, wordIndex } from "../word-search.js";

const WORDS = wordIndex("issues", "issues_fts", "words");
const TRIGRAMS = wordIndex("issues", "issues_trigrams", "identifiers");
const SQL = `SELECT position, ${ISSUE_COLUMNS} FROM issues WHERE position IN (SELECT value FROM json_each(?))`;

/** Issues with any of some words, best first among the newest with each. `terms`: FTS5 phrases. */
export function searchIssueWords(db: Connection, terms: readonly string[], limit: number): IssueRow[] {
  return searchIssues(db, WORDS, { terms, limit });
}

/** Issues with any of some parts of identifiers, best first among the newest with each. */
export function searchIssueTrigrams(db: Connection, terms: readonly string[], limit: number): IssueRow[] {
  return searchIssues(db, TRIGRAMS, { terms, limit });
}

function searchIssues(
  db: Connection,
  index: WordIndex,
  { terms, limit }: { terms: readonly string[]; limit: number },
): IssueRow[] {
  const ranked = rankByWords(db, index, { terms, all: false }).slice(0, limit);
  const rows = db.all<Columns & { position: number }>(SQL, [JSON.stringify(ranked.map(({ position }) => position))]);
  return rowsInOrder(rows, ranked, limit).map(issueOf);
}
