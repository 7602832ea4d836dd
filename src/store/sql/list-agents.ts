import type { AgentRow } from "../agent-rows.js";
import type { Connection } from "../connection.js";

const SQL = `
SELECT * FROM agents WHERE cycle = ? ORDER BY spawned_hlc, agent, task
`;

/** The capabilities agents hold or held in a cycle. */
export function listAgents(db: Connection, cycle: number): AgentRow[] {
  return db.all<AgentRow>(SQL, [cycle]);
}
