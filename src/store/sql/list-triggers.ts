import { type Columns, triggerOf } from "../columns.js";
import type { Connection } from "../connection.js";
import type { TriggerRow } from "../memory-rows.js";

const SQL = `
SELECT * FROM triggers ORDER BY name
`;

/** Triggers as created, by name. */
export function listTriggers(db: Connection): TriggerRow[] {
  return db.all<Columns>(SQL, []).map(triggerOf);
}
