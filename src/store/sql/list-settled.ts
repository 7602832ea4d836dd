import type { Connection } from "../connection.js";

const SQL = `
SELECT id FROM tasks
WHERE cycle = ? AND id IN (SELECT value FROM json_each(?)) AND status IN ('DONE', 'SKIPPED')
`;

/** Which of some tasks of a cycle others need not wait for any more. */
export function listSettled(db: Connection, cycle: number, ids: readonly string[]): Set<string> {
  if (ids.length === 0) return new Set();
  const rows = db.all<{ id: string }>(SQL, [cycle, JSON.stringify(ids)]);
  return new Set(rows.map(({ id }) => id));
}
