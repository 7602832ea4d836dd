import type { UsageRow } from "../agent-rows.js";
import { type Columns, usageOf } from "../columns.js";
import type { Connection } from "../connection.js";

const SQL = `
SELECT cycle, task, agent, tier, model, count(*) AS requests, count(reply_seq) AS replies,
  coalesce(sum(open * open_nano_usd + charged_nano_usd), 0) AS reserved_nano_usd,
  coalesce(sum(open * open_tokens + charged_tokens), 0) AS reserved_tokens,
  coalesce(sum(spent_nano_usd), 0) AS spent_nano_usd, coalesce(sum(input_tokens), 0) AS input_tokens,
  coalesce(sum(output_tokens), 0) AS output_tokens, coalesce(sum(cache_read_tokens), 0) AS cache_read_tokens,
  coalesce(sum(cache_write_tokens), 0) AS cache_write_tokens
FROM requests WHERE cycle = ?
GROUP BY task, agent, tier, model ORDER BY task, agent, tier, model
`;

/** What each agent of each task of a cycle has reserved and spent. */
export function listUsage(db: Connection, cycle: number): UsageRow[] {
  return db.all<Columns>(SQL, [cycle]).map(usageOf);
}
