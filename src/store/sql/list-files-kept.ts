import type { FileRow } from "../activity-rows.js";
import type { Connection } from "../connection.js";

const SQL = `
SELECT * FROM files_kept WHERE cycle = ? ORDER BY seq DESC LIMIT ?
`;

/** Files changed in a cycle, last changed first. */
export function listFilesKept(db: Connection, cycle: number, limit: number): FileRow[] {
  return db.all<FileRow>(SQL, [cycle, limit]);
}
