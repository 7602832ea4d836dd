import { type Columns, taskOf } from "../columns.js";
import type { Connection } from "../connection.js";
import type { TaskRow } from "../cycle-rows.js";

const SQL = `
SELECT * FROM tasks WHERE cycle = ? ORDER BY position
`;

/** The tasks of a cycle in plan order. */
export function listTasks(db: Connection, cycle: number): TaskRow[] {
  return db.all<Columns>(SQL, [cycle]).map(taskOf);
}
