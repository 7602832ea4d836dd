import { type Columns, issueOf } from "../columns.js";
import type { Connection } from "../connection.js";
import type { FailureRow } from "../memory-rows.js";

const SQL = `
SELECT failures.offered AS offered, failures.seq AS failed_seq, issues.*, 0 AS rank
FROM failures JOIN issues ON issues.id = failures.issue
WHERE failures.cycle = ? AND failures.task = ? AND failures.command = ?
ORDER BY failures.seq
`;

/** Issues a command of a task ended with and has not got past since, oldest first. */
export function listFailures(db: Connection, cycle: number, task: string | null, command: string): FailureRow[] {
  const rows = db.all<Columns>(SQL, [cycle, task ?? "-", command]);
  return rows.map(({ offered, failed_seq, ...row }) => {
    return { issue: issueOf(row), offered: Number(offered), seq: Number(failed_seq) };
  });
}
