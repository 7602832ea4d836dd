import { type Columns, taskOf } from "../columns.js";
import type { Connection } from "../connection.js";
import type { TaskRow } from "../cycle-rows.js";

/** Of as many states as are asked for. */
const sqlFor = (states: number): string => `
SELECT * FROM tasks
WHERE cycle = ? AND status IN (${Array(states).fill("?").join(", ")})
ORDER BY position LIMIT ?
`;

/** Tasks of a cycle in one of some states, in plan order. */
export function listTasksIn(db: Connection, cycle: number, statuses: readonly string[], limit: number): TaskRow[] {
  return db.all<Columns>(sqlFor(statuses.length), [cycle, ...statuses, limit]).map(taskOf);
}
