import type { UnknownCallRow } from "../activity-rows.js";
import type { Connection } from "../connection.js";

const SQL = `
SELECT id AS call_id, task, tool, object, effect FROM executions
WHERE cycle = ? AND verdict = 'Approved' AND result_seq IS NULL ORDER BY id
`;

/** Calls of a cycle that were allowed and whose result was never recorded. */
export function listUnknownCalls(db: Connection, cycle: number): UnknownCallRow[] {
  return db.all<UnknownCallRow>(SQL, [cycle]);
}
