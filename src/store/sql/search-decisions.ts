import { type Columns, decisionOf } from "../columns.js";
import type { Connection } from "../connection.js";
import type { DecisionRow } from "../memory-rows.js";

const SQL = `
SELECT decisions.*, -score AS rank
FROM (SELECT rowid, bm25(decisions_fts) AS score FROM decisions_fts WHERE decisions_fts MATCH @match ORDER BY rowid DESC LIMIT 500)
JOIN decisions ON decisions.position = rowid
WHERE @project IS NULL OR project IS NULL OR project = @project
ORDER BY score, position DESC LIMIT @limit
`;

/** Decisions with the words of an FTS5 query, best first among the newest 500. */
export function searchDecisions(db: Connection, match: string, project: string | null, limit: number): DecisionRow[] {
  return db.all<Columns>(SQL, { match, project, limit }).map(decisionOf);
}
