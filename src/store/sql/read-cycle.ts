import { type Columns, cycleOf } from "../columns.js";
import type { Connection } from "../connection.js";
import type { CycleRow } from "../cycle-rows.js";

const SQL = `
SELECT * FROM cycles WHERE number = ?
`;

/** A cycle by its number. */
export function readCycle(db: Connection, number: number): CycleRow | undefined {
  const row = db.get<Columns>(SQL, [number]);
  return row === undefined ? undefined : cycleOf(row);
}
