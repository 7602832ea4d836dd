import type { ExecutionRow } from "../activity-rows.js";
import type { Connection } from "../connection.js";

const SQL = `
SELECT * FROM executions WHERE id >= @from AND id < @to AND conversation = @conversation ORDER BY seq
`;

/** Ended executions of a conversation, oldest first. */
export function listExecutions(db: Connection, conversation: string): ExecutionRow[] {
  return db.all<ExecutionRow>(SQL, { conversation, from: `${conversation}:`, to: `${conversation};` });
}
