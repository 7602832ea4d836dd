import { type Columns, decisionOf } from "../columns.js";
import type { Connection } from "../connection.js";
import type { DecisionRow } from "../memory-rows.js";

const SQL = `
SELECT record, cycle, task, project, seq, hlc, 0 AS rank FROM decisions AS chosen
WHERE (@project IS NULL OR project IS NULL OR project = @project)
  AND NOT EXISTS (SELECT 1 FROM decisions AS later WHERE later.supersedes = chosen.id)
ORDER BY position DESC LIMIT @limit
`;

/** Decisions nothing replaces, newest first; of a project, or of all when it is null. */
export function listDecisions(db: Connection, project: string | null, limit: number): DecisionRow[] {
  return db.all<Columns>(SQL, { project, limit }).map(decisionOf);
}
