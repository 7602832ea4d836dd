import type { Connection } from "../connection.js";
import type { ActualRow } from "../cycle-rows.js";

const SQL = `
SELECT phase AS kind, estimate, started_hlc, ended_hlc FROM tasks
WHERE status = 'DONE' AND estimate IS NOT NULL AND started_hlc IS NOT NULL AND ended_hlc IS NOT NULL
  AND (owner = @role OR agent = @role)
ORDER BY ended_hlc DESC LIMIT @limit
`;

/** Estimates and times of tasks a role did, last done first. */
export function listActuals(db: Connection, role: string, limit: number): ActualRow[] {
  return db.all<ActualRow>(SQL, { role, limit });
}
