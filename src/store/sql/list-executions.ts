import type { ExecutionRow } from "../activity-rows.js";
import type { Connection } from "../connection.js";

const SQL = `
SELECT * FROM executions WHERE id >= @from AND id < @to AND ended_seq IS NOT NULL ORDER BY ended_seq
`;

/** Ended executions of a conversation, oldest first. */
export function listExecutions(db: Connection, conversation: string): ExecutionRow[] {
  return db.all<ExecutionRow>(SQL, { from: `${conversation}:`, to: `${conversation};` });
}
