import { type Columns, taskOf } from "../columns.js";
import type { Connection } from "../connection.js";
import type { TaskRow } from "../cycle-rows.js";

const SQL = `
SELECT * FROM tasks
WHERE cycle = ? AND status IN (SELECT value FROM json_each(?))
ORDER BY position LIMIT ?
`;

/** Tasks of a cycle in one of some states, in plan order. */
export function listTasksIn(db: Connection, cycle: number, statuses: readonly string[], limit: number): TaskRow[] {
  return db.all<Columns>(SQL, [cycle, JSON.stringify(statuses), limit]).map(taskOf);
}
