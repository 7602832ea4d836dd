import { type Columns, taskOf } from "../columns.js";
import type { Connection } from "../connection.js";
import type { TaskRow } from "../cycle-rows.js";
import { DRAFTING } from "./read-latest-incomplete-cycle.js";

const SQL = `
SELECT * FROM tasks
WHERE agent = @agent AND status = 'IN_PROGRESS' AND cycle IN (@outside, (
  SELECT number FROM cycles WHERE status NOT IN ('done', 'failed')
  ORDER BY plan_path = '${DRAFTING}', number DESC LIMIT 1
))
ORDER BY cycle = @outside, position LIMIT 1
`;

/** The first task an agent works on in the newest cycle that is open, else in the one that stands for outside cycles. */
export function readClaim(db: Connection, agent: string, outside: number): TaskRow | undefined {
  const row = db.get<Columns>(SQL, { agent, outside });
  return row === undefined ? undefined : taskOf(row);
}
