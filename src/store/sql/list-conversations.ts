import type { ConversationRow } from "../activity-rows.js";
import type { Connection } from "../connection.js";

const SQL = `
SELECT * FROM conversations WHERE cycle = ? AND task IS ? AND kind = ? ORDER BY seq
`;

/** The conversations of a kind about a task (null: outside tasks), oldest first. */
export function listConversations(db: Connection, cycle: number, task: string | null, kind: string): ConversationRow[] {
  return db.all<ConversationRow>(SQL, [cycle, task, kind]);
}
