import { type Columns, issueOf } from "../columns.js";
import type { Connection } from "../connection.js";
import type { IssueRow } from "../memory-rows.js";

const SQL = `
SELECT issues.*, -score AS rank
FROM (SELECT rowid, bm25(issues_trigrams) AS score FROM issues_trigrams WHERE issues_trigrams MATCH ? ORDER BY rowid DESC LIMIT 500)
JOIN issues ON issues.position = rowid
ORDER BY score, position DESC LIMIT ?
`;

/** Issues with parts of identifiers of an FTS5 query, best first among the newest 500. */
export function searchIssueTrigrams(db: Connection, match: string, limit: number): IssueRow[] {
  return db.all<Columns>(SQL, [match, limit]).map(issueOf);
}
