import type { Connection } from "../connection.js";

const SQL = `
SELECT path, max(seq) AS seq FROM files_kept WHERE path IN (SELECT value FROM json_each(?)) GROUP BY path
`;

/** The event that changed each of some files last, in any cycle. */
export function listLastChanges(db: Connection, paths: readonly string[]): Map<string, number> {
  if (paths.length === 0) return new Map();
  const rows = db.all<{ path: string; seq: number }>(SQL, [JSON.stringify(paths)]);
  return new Map(rows.map(({ path, seq }) => [path, seq]));
}
