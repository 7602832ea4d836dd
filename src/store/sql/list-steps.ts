import { type Columns, stepOf } from "../columns.js";
import type { Connection } from "../connection.js";
import type { StepRow } from "../cycle-rows.js";

const SQL = `
SELECT * FROM steps WHERE cycle = ? AND task = ? ORDER BY seq
`;

/** The steps of a task in the order they started. */
export function listSteps(db: Connection, cycle: number, task: string): StepRow[] {
  return db.all<Columns>(SQL, [cycle, task]).map(stepOf);
}
