import type { AlertRow } from "../agent-rows.js";
import type { Connection } from "../connection.js";

const SQL = `
SELECT * FROM alerts WHERE @cycle IS NULL OR cycle = @cycle ORDER BY seq DESC LIMIT @limit
`;

/** Alerts of a cycle or of all (null), newest first. */
export function listAlerts(db: Connection, cycle: number | null, limit: number): AlertRow[] {
  return db.all<AlertRow>(SQL, { cycle, limit });
}
