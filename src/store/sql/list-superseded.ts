import type { Connection } from "../connection.js";

const SQL = `
SELECT supersedes, id FROM decisions WHERE supersedes IN (SELECT value FROM json_each(?)) ORDER BY position
`;

/** Which of some decisions are replaced, each with the newest that replaces it. */
export function listSuperseded(db: Connection, ids: readonly string[]): Map<string, string> {
  if (ids.length === 0) return new Map();
  const rows = db.all<{ supersedes: string; id: string }>(SQL, [JSON.stringify(ids)]);
  return new Map(rows.map(({ supersedes, id }) => [supersedes, id]));
}
