import { type Columns, issueOf } from "../columns.js";
import type { Connection } from "../connection.js";
import type { IssueRow } from "../memory-rows.js";

const SQL = `
SELECT *, 0 AS rank FROM issues WHERE id = ?
`;

/** An issue by its id. */
export function readIssueById(db: Connection, id: string): IssueRow | undefined {
  const row = db.get<Columns>(SQL, [id]);
  return row === undefined ? undefined : issueOf(row);
}
