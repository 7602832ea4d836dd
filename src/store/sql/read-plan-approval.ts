import type { PlanApprovalRow } from "../agent-rows.js";
import type { Connection } from "../connection.js";

const SQL = `
SELECT * FROM plan_approvals WHERE plan_hash = ?
`;

/** Who approved a plan of this hash. */
export function readPlanApproval(db: Connection, hash: string): PlanApprovalRow | undefined {
  return db.get<PlanApprovalRow>(SQL, [hash]);
}
