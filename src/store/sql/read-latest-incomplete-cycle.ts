import { type Columns, cycleOf } from "../columns.js";
import type { Connection } from "../connection.js";
import type { CycleRow } from "../cycle-rows.js";

/** Path a draft's cycle has in place of a plan's. */
export const DRAFTING = ".worknode/drafting";

const SQL = `
SELECT * FROM cycles
WHERE status NOT IN ('done', 'failed') AND (@planId IS NULL OR plan_id = @planId)
ORDER BY plan_path = '${DRAFTING}', number DESC LIMIT 1
`;

/**
 * The newest cycle that is neither done nor failed; of one plan, or of any when the id is null. A draft that was
 * interrupted comes after every run.
 */
export function readLatestIncompleteCycle(db: Connection, planId: string | null): CycleRow | undefined {
  const row = db.get<Columns>(SQL, { planId });
  return row === undefined ? undefined : cycleOf(row);
}
