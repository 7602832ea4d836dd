import type { UsageRow } from "../agent-rows.js";
import { type Columns, usageOf } from "../columns.js";
import type { Connection } from "../connection.js";

const SQL = `
SELECT * FROM usage WHERE cycle = ? ORDER BY task, agent, tier, model
`;

/** What each agent of each task of a cycle has reserved and spent. */
export function listUsage(db: Connection, cycle: number): UsageRow[] {
  return db.all<Columns>(SQL, [cycle]).map(usageOf);
}
