import { type Columns, decisionOf } from "../columns.js";
import type { Connection } from "../connection.js";
import type { DecisionRow } from "../memory-rows.js";

const SQL = `
SELECT record, cycle, task, project, seq, hlc, 0 AS rank FROM decisions AS chosen
WHERE cycle = ? AND task = ?
  AND NOT EXISTS (SELECT 1 FROM decisions AS later WHERE later.supersedes = chosen.id)
ORDER BY position DESC LIMIT ?
`;

/** Decisions about a task nothing replaces, newest first. */
export function listTaskDecisions(db: Connection, cycle: number, task: string, limit: number): DecisionRow[] {
  return db.all<Columns>(SQL, [cycle, task, limit]).map(decisionOf);
}
