import { type Columns, taskOf } from "../columns.js";
import type { Connection } from "../connection.js";
import type { TaskRow } from "../cycle-rows.js";

const SQL = `
SELECT * FROM tasks
WHERE cycle = ? AND status = 'DONE' AND ended_hlc > ?
ORDER BY ended_hlc DESC LIMIT ?
`;

/** Tasks done since a stamp, newest first. */
export function listTasksEndedAfter(db: Connection, cycle: number, hlc: string, limit: number): TaskRow[] {
  return db.all<Columns>(SQL, [cycle, hlc, limit]).map(taskOf);
}
