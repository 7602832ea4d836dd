import type { EscalationRow } from "../agent-rows.js";
import type { Connection } from "../connection.js";

const SQL = `
SELECT * FROM escalations WHERE action IS NULL AND (@cycle IS NULL OR cycle = @cycle) ORDER BY seq
`;

/** Escalations nobody has resolved, of one cycle or of all (null), oldest first. */
export function listOpenEscalations(db: Connection, cycle: number | null): EscalationRow[] {
  return db.all<EscalationRow>(SQL, { cycle });
}
