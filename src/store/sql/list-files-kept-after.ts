import type { FileRow } from "../activity-rows.js";
import type { Connection } from "../connection.js";

const SQL = `
SELECT * FROM files_kept WHERE hlc >= ? ORDER BY path LIMIT ?
`;

/** Files of any cycle changed since a stamp, by name. */
export function listFilesKeptAfter(db: Connection, hlc: string, limit: number): FileRow[] {
  return db.all<FileRow>(SQL, [hlc, limit]);
}
