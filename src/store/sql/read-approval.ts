import type { ApprovalRow } from "../agent-rows.js";
import { approvalOf, type Columns } from "../columns.js";
import type { Connection } from "../connection.js";

const SQL = `
SELECT * FROM approvals WHERE id = ?
`;

/** An approval by its id. */
export function readApproval(db: Connection, id: string): ApprovalRow | undefined {
  const row = db.get<Columns>(SQL, [id]);
  return row === undefined ? undefined : approvalOf(row);
}
