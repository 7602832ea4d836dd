import type { Connection } from "../connection.js";

const SQL = `
SELECT path FROM (SELECT path, task, seq FROM files_kept WHERE cycle = @cycle ORDER BY seq DESC LIMIT @limit)
WHERE task = @task AND seq > @afterSeq ORDER BY seq
`;

/** Files of a task changed after an event, first changed first, among the `limit` the cycle changed last. */
export function listFilesKeptBy(
  db: Connection,
  of: { cycle: number; task: string; afterSeq: number; limit: number },
): string[] {
  return db.all<{ path: string }>(SQL, of).map(({ path }) => path);
}
