import { type Columns, issueOf } from "../columns.js";
import type { Connection } from "../connection.js";
import type { IssueRow } from "../memory-rows.js";

const SQL = `
SELECT *, 0 AS rank FROM issues INDEXED BY issues_repeated WHERE resolved = 0 AND count >= 2 ORDER BY count DESC, seq DESC LIMIT ?
`;

/** Errors without a fix that came more than once, the most frequent first. */
export function listRepeatedIssues(db: Connection, limit: number): IssueRow[] {
  return db.all<Columns>(SQL, [limit]).map(issueOf);
}
