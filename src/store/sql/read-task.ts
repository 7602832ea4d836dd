import { type Columns, taskOf } from "../columns.js";
import type { Connection } from "../connection.js";
import type { TaskRow } from "../cycle-rows.js";

const SQL = `
SELECT * FROM tasks WHERE cycle = ? AND id = ?
`;

/** A task of a cycle. */
export function readTask(db: Connection, cycle: number, id: string): TaskRow | undefined {
  const row = db.get<Columns>(SQL, [cycle, id]);
  return row === undefined ? undefined : taskOf(row);
}
