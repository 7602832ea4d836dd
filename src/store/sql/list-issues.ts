import { type Columns, ISSUE_COLUMNS, issueOf } from "../columns.js";
import type { Connection } from "../connection.js";
import type { IssueRow } from "../memory-rows.js";

const SQL = `SELECT ${ISSUE_COLUMNS}, 0 AS rank FROM issues ORDER BY seq DESC LIMIT ?`;
const SQL_RESOLVED = `SELECT ${ISSUE_COLUMNS}, 0 AS rank FROM issues WHERE resolved = ? ORDER BY seq DESC LIMIT ?`;

/** Issues, last seen first; resolved ones (1), open ones (0) or both (null). */
export function listIssues(db: Connection, resolved: number | null, limit: number): IssueRow[] {
  const rows = resolved === null ? db.all<Columns>(SQL, [limit]) : db.all<Columns>(SQL_RESOLVED, [resolved, limit]);
  return rows.map(issueOf);
}
