import type { UnknownCallRow } from "../activity-rows.js";
import type { Connection } from "../connection.js";

const SQL = `
SELECT call_id, task, tool, object, effect FROM calls
WHERE cycle = ? AND outcome = 'Approved' AND result_seq IS NULL ORDER BY call_id
`;

/** Calls of a cycle that were allowed and whose result was never recorded. */
export function listUnknownCalls(db: Connection, cycle: number): UnknownCallRow[] {
  return db.all<UnknownCallRow>(SQL, [cycle]);
}
