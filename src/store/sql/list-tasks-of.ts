import { type Columns, taskOf } from "../columns.js";
import type { Connection } from "../connection.js";
import type { TaskRow } from "../cycle-rows.js";

const SQL = `
SELECT * FROM tasks
WHERE cycle = @cycle AND status = @status AND (owner = @assignee OR agent = @assignee)
ORDER BY position
`;

/** Tasks of an owner or agent in a state, in plan order. */
export function listTasksOf(db: Connection, cycle: number, assignee: string, status: string): TaskRow[] {
  return db.all<Columns>(SQL, { cycle, assignee, status }).map(taskOf);
}
