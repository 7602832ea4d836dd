import { type Columns, endedTaskOf } from "../columns.js";
import type { Connection } from "../connection.js";
import type { EndedTaskRow } from "../cycle-rows.js";

const SQL = `
SELECT id, title, owner, agent, summary, changed, ended_hlc FROM tasks
WHERE cycle = ? AND status = 'DONE' AND ended_hlc > ?
ORDER BY ended_hlc DESC LIMIT ?
`;

/** Tasks done since a stamp, newest first. */
export function listTasksEndedAfter(db: Connection, cycle: number, hlc: string, limit: number): EndedTaskRow[] {
  return db.all<Columns>(SQL, [cycle, hlc, limit]).map(endedTaskOf);
}
