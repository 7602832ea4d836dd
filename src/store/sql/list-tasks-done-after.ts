import { type Columns, taskOf } from "../columns.js";
import type { Connection } from "../connection.js";
import type { TaskRow } from "../cycle-rows.js";

const SQL = `
SELECT * FROM tasks
WHERE ended_hlc > ? AND status = 'DONE'
ORDER BY ended_hlc LIMIT ?
`;

/** Tasks of any cycle done since a stamp, oldest first. */
export function listTasksDoneAfter(db: Connection, hlc: string, limit: number): TaskRow[] {
  return db.all<Columns>(SQL, [hlc, limit]).map(taskOf);
}
