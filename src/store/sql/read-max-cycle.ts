import type { Connection } from "../connection.js";

const SQL = "SELECT coalesce(max(number), 0) AS number FROM cycles";

/** The highest cycle number used; 0 when there is none. */
export function readMaxCycle(db: Connection): number {
  return db.get<{ number: number }>(SQL)?.number ?? 0;
}
