import type { UsageTotals } from "../agent-rows.js";
import { type Columns, totalsOf } from "../columns.js";
import type { Connection } from "../connection.js";

const SQL = `
SELECT count(*) AS requests, count(reply_seq) AS replies,
  coalesce(sum(open * open_nano_usd + charged_nano_usd), 0) AS reserved_nano_usd,
  coalesce(sum(open * open_tokens + charged_tokens), 0) AS reserved_tokens,
  coalesce(sum(spent_nano_usd), 0) AS spent_nano_usd, coalesce(sum(input_tokens), 0) AS input_tokens,
  coalesce(sum(output_tokens), 0) AS output_tokens, coalesce(sum(cache_read_tokens), 0) AS cache_read_tokens,
  coalesce(sum(cache_write_tokens), 0) AS cache_write_tokens
FROM requests WHERE cycle = ?
`;

/** What a cycle has reserved and spent. */
export function readUsageTotals(db: Connection, cycle: number): UsageTotals | undefined {
  const row = db.get<Columns>(SQL, [cycle]);
  return row === undefined ? undefined : totalsOf(row);
}
