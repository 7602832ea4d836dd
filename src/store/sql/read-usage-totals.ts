import type { UsageTotals } from "../agent-rows.js";
import { type Columns, totalsOf } from "../columns.js";
import type { Connection } from "../connection.js";

const SQL = `
SELECT coalesce(sum(requests), 0) AS requests, coalesce(sum(replies), 0) AS replies,
  coalesce(sum(reserved_nano_usd), 0) AS reserved_nano_usd, coalesce(sum(reserved_tokens), 0) AS reserved_tokens,
  coalesce(sum(spent_nano_usd), 0) AS spent_nano_usd, coalesce(sum(input_tokens), 0) AS input_tokens,
  coalesce(sum(output_tokens), 0) AS output_tokens, coalesce(sum(cache_read_tokens), 0) AS cache_read_tokens,
  coalesce(sum(cache_write_tokens), 0) AS cache_write_tokens
FROM usage WHERE cycle = ?
`;

/** What a cycle has reserved and spent. */
export function readUsageTotals(db: Connection, cycle: number): UsageTotals | undefined {
  const row = db.get<Columns>(SQL, [cycle]);
  return row === undefined ? undefined : totalsOf(row);
}
