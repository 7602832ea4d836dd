import type { Connection } from "../connection.js";

const SQL = `SELECT 1 AS found FROM alerts WHERE cycle = @cycle AND key = @key LIMIT 1`;

/** Whether an alert with this key was raised in a cycle: it is not raised again. */
export function hasAlert(db: Connection, cycle: number, key: string): boolean {
  return db.get<{ found: number }>(SQL, { cycle, key }) !== undefined;
}
