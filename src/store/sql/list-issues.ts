import { type Columns, issueOf } from "../columns.js";
import type { Connection } from "../connection.js";
import type { IssueRow } from "../memory-rows.js";

const SQL = `
SELECT *, 0 AS rank FROM issues WHERE @resolved IS NULL OR resolved = @resolved ORDER BY seq DESC LIMIT @limit
`;

/** Issues, last seen first; resolved ones (1), open ones (0) or both (null). */
export function listIssues(db: Connection, resolved: number | null, limit: number): IssueRow[] {
  return db.all<Columns>(SQL, { resolved, limit }).map(issueOf);
}
