import type { DenialRow } from "../agent-rows.js";
import type { Connection } from "../connection.js";

const SQL = `
SELECT subject, rule, object, remedy, task, count(*) AS count, max(seq) AS seq, max(hlc) AS hlc
FROM violations WHERE cycle = ?
GROUP BY subject, rule, object HAVING count(*) >= 2
ORDER BY count DESC, seq DESC LIMIT ?
`;

/** What somebody was denied more than once in a cycle, the most frequent first. */
export function listRepeatedDenials(db: Connection, cycle: number, limit: number): DenialRow[] {
  return db.all<DenialRow>(SQL, [cycle, limit]);
}
