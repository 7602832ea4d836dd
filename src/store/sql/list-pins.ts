import type { Columns } from "../columns.js";
import type { Connection } from "../connection.js";

const SQL = "SELECT id FROM pins ORDER BY seq, id";

/** Ids of pinned records, first pinned first. */
export function listPins(db: Connection): string[] {
  return db.all<Columns>(SQL, []).map(({ id }) => String(id));
}
