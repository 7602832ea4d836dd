import { type Columns, cycleOf } from "../columns.js";
import type { Connection } from "../connection.js";
import type { CycleRow } from "../cycle-rows.js";

const SQL = `
SELECT * FROM cycles ORDER BY number DESC LIMIT ?
`;

/** Cycles, newest first. */
export function listCycles(db: Connection, limit: number): CycleRow[] {
  return db.all<Columns>(SQL, [limit]).map(cycleOf);
}
