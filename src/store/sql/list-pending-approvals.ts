import type { ApprovalRow } from "../agent-rows.js";
import { approvalOf, type Columns } from "../columns.js";
import type { Connection } from "../connection.js";

const SQL = `
SELECT * FROM approvals WHERE decision IS NULL AND (@cycle IS NULL OR cycle = @cycle) ORDER BY requested_seq
`;

/** Approvals nobody has answered, of one cycle or of all (null), oldest first. */
export function listPendingApprovals(db: Connection, cycle: number | null): ApprovalRow[] {
  return db.all<Columns>(SQL, { cycle }).map(approvalOf);
}
