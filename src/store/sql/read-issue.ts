import { type Columns, issueOf } from "../columns.js";
import type { Connection } from "../connection.js";
import type { IssueRow } from "../memory-rows.js";

const SQL = `
SELECT *, 0 AS rank FROM issues WHERE fingerprint = ?
`;

/** An issue by its fingerprint. */
export function readIssue(db: Connection, fingerprint: string): IssueRow | undefined {
  const row = db.get<Columns>(SQL, [fingerprint]);
  return row === undefined ? undefined : issueOf(row);
}
