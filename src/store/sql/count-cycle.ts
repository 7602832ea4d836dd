import type { Connection } from "../connection.js";
import type { CycleCounts } from "../cycle-rows.js";

const SQL = `
SELECT
  (SELECT count(*) FROM violations WHERE cycle = @cycle) AS violations,
  (SELECT count(*) FROM alerts WHERE cycle = @cycle) AS alerts,
  (SELECT count(*) FROM executions WHERE cycle = @cycle AND effect = 'kept') AS kept,
  (SELECT count(*) FROM executions WHERE cycle = @cycle AND effect = 'discarded') AS discarded,
  (SELECT count(*) FROM executions WHERE cycle = @cycle AND ended_seq IS NOT NULL) AS executions
`;

const SQL_LOUD = `
SELECT
  (SELECT count(*) FROM violations WHERE cycle = @cycle) AS violations,
  (SELECT count(*) FROM alerts WHERE cycle = @cycle) AS alerts,
  (SELECT count(*) FROM executions WHERE cycle = @cycle AND ended_seq IS NOT NULL) AS executions
`;

/** How many violations, alerts and ended executions a cycle has. Reads no call, only indexes. */
export function countLoud(
  db: Connection,
  cycle: number,
): Pick<CycleCounts, "violations" | "alerts" | "executions"> | undefined {
  return db.get(SQL_LOUD, { cycle });
}

/** What has happened in a cycle. Reads every call of the database: for summaries, not for hot paths. */
export function countCycle(db: Connection, cycle: number): Omit<CycleCounts, "tasks"> {
  const none = { violations: 0, alerts: 0, kept: 0, discarded: 0, executions: 0 };
  return db.get<Omit<CycleCounts, "tasks">>(SQL, { cycle }) ?? none;
}
