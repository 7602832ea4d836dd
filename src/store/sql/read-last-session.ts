import { type Columns, sessionOf } from "../columns.js";
import type { Connection } from "../connection.js";
import type { SessionRow } from "../cycle-rows.js";

const SQL = `
SELECT * FROM sessions WHERE cycle = ? ORDER BY seq DESC LIMIT 1
`;

/** The latest session of a cycle. */
export function readLastSession(db: Connection, cycle: number): SessionRow | undefined {
  const row = db.get<Columns>(SQL, [cycle]);
  return row === undefined ? undefined : sessionOf(row);
}
