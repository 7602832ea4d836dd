import type { ExecutionRow } from "../activity-rows.js";
import type { Connection } from "../connection.js";

const SQL = `
SELECT * FROM executions WHERE id = ?
`;

/** An execution and the call it made. */
export function readExecution(db: Connection, id: string): ExecutionRow | undefined {
  return db.get<ExecutionRow>(SQL, [id]);
}
