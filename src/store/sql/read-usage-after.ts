import type { UsageTotals } from "../agent-rows.js";
import { type Columns, totalsOf } from "../columns.js";
import type { Connection } from "../connection.js";

const SQL = `
SELECT count(*) AS requests, count(reply_seq) AS replies, 0 AS reserved_nano_usd, 0 AS reserved_tokens,
  coalesce(sum(spent_nano_usd), 0) AS spent_nano_usd, coalesce(sum(input_tokens), 0) AS input_tokens,
  coalesce(sum(output_tokens), 0) AS output_tokens, coalesce(sum(cache_read_tokens), 0) AS cache_read_tokens,
  coalesce(sum(cache_write_tokens), 0) AS cache_write_tokens
FROM requests WHERE reply_seq > ?
`;

/** What the requests answered after an event cost, in all cycles. */
export function readUsageAfter(db: Connection, seq: number): UsageTotals {
  return totalsOf(db.get<Columns>(SQL, [seq]) ?? {});
}
