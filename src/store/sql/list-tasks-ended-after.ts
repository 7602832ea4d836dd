import { type Columns, endedTaskOf } from "../columns.js";
import type { Connection } from "../connection.js";
import type { EndedTaskRow } from "../cycle-rows.js";

const SQL = `
SELECT id, title, owner, agent, summary, changed, ended_hlc FROM tasks
WHERE +cycle = @cycle AND +status = 'DONE'
  AND ended_hlc > max(@hlc, coalesce((SELECT started_hlc FROM cycles WHERE number = @cycle), ''))
ORDER BY ended_hlc DESC LIMIT @limit
`;

/**
 * Tasks done since a stamp, newest first. By their ends (hence `+`), and none before the cycle began: by their states
 * all that are done would be read and sorted for the newest few.
 */
export function listTasksEndedAfter(db: Connection, cycle: number, hlc: string, limit: number): EndedTaskRow[] {
  return db.all<Columns>(SQL, { cycle, hlc, limit }).map(endedTaskOf);
}
