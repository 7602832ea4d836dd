import { type Columns, issueOf } from "../columns.js";
import type { Connection } from "../connection.js";
import type { IssueRow } from "../memory-rows.js";

const SQL = `
SELECT issues.*, -score AS rank
FROM (SELECT rowid, bm25(issues_fts) AS score FROM issues_fts WHERE issues_fts MATCH ? ORDER BY rowid DESC LIMIT 500)
JOIN issues ON issues.position = rowid
ORDER BY score, position DESC LIMIT ?
`;

/** Issues with the words of an FTS5 query, best first among the newest 500. */
export function searchIssueWords(db: Connection, match: string, limit: number): IssueRow[] {
  return db.all<Columns>(SQL, [match, limit]).map(issueOf);
}
