import type { WorknodeRecord } from "../agent-rows.js";
import type { Connection } from "../connection.js";

const SQL = "SELECT record FROM worknodes WHERE id = ?";

/** The record of an agent or a person. */
export function readWorknode(db: Connection, id: string): WorknodeRecord | undefined {
  const row = db.get<{ record: string }>(SQL, [id]);
  return row === undefined ? undefined : (JSON.parse(row.record) as WorknodeRecord);
}
