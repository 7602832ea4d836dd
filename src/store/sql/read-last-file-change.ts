import type { FileRow } from "../activity-rows.js";
import type { Connection } from "../connection.js";

const SQL = `
SELECT * FROM files_kept WHERE path = ? ORDER BY seq DESC LIMIT 1
`;

/** The last kept change of a file in any cycle. */
export function readLastFileChange(db: Connection, path: string): FileRow | undefined {
  return db.get<FileRow>(SQL, [path]);
}
