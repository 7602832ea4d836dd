import type { ViolationRow } from "../agent-rows.js";
import type { Connection } from "../connection.js";

const SQL = `
SELECT * FROM violations WHERE @cycle IS NULL OR cycle = @cycle ORDER BY seq DESC LIMIT @limit
`;

/** Violations of a cycle or of all (null), newest first. */
export function listViolations(db: Connection, cycle: number | null, limit: number): ViolationRow[] {
  return db.all<ViolationRow>(SQL, { cycle, limit });
}
