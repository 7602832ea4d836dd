import type { Connection } from "../connection.js";
import type { CycleCounts } from "../cycle-rows.js";

const SQL = "SELECT status, count(*) AS count FROM tasks WHERE cycle = ? GROUP BY status";

/** How many tasks of a cycle are in each state. */
export function countTasks(db: Connection, cycle: number): CycleCounts["tasks"] {
  const rows = db.all<{ status: string; count: number }>(SQL, [cycle]);
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
}
