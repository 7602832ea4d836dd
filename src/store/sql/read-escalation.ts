import type { EscalationRow } from "../agent-rows.js";
import type { Connection } from "../connection.js";

const SQL = `
SELECT * FROM escalations WHERE id = ?
`;

/** An escalation by its id. */
export function readEscalation(db: Connection, id: string): EscalationRow | undefined {
  return db.get<EscalationRow>(SQL, [id]);
}
