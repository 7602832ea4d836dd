import { type Columns, decisionOf } from "../columns.js";
import type { Connection } from "../connection.js";
import type { DecisionRow } from "../memory-rows.js";

const SQL = `
SELECT *, 0 AS rank FROM decisions WHERE id = ?
`;

/** A decision by its id. */
export function readDecision(db: Connection, id: string): DecisionRow | undefined {
  const row = db.get<Columns>(SQL, [id]);
  return row === undefined ? undefined : decisionOf(row);
}
