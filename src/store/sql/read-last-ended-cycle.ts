import { type Columns, cycleOf } from "../columns.js";
import type { Connection } from "../connection.js";
import type { CycleRow } from "../cycle-rows.js";

const SQL = `
SELECT * FROM cycles WHERE status IN ('done', 'failed') ORDER BY number DESC LIMIT 1
`;

/** The newest cycle that is done or failed. */
export function readLastEndedCycle(db: Connection): CycleRow | undefined {
  const row = db.get<Columns>(SQL, []);
  return row === undefined ? undefined : cycleOf(row);
}
