import type { Connection } from "../connection.js";
import { readHead } from "./read-head.js";

const SQL = "SELECT hlc FROM events WHERE seq = ?";

/** The last event stamped no later than a stamp; 0 when there is none. Stamps grow, so half of the rest is left each time. */
export function findSeq(db: Connection, hlc: string): number {
  let low = 0;
  let high = db.get<{ seq: number }>(readHead)?.seq ?? 0;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const stamp = db.get<{ hlc: string }>(SQL, [middle])?.hlc ?? "";
    if (stamp <= hlc) low = middle;
    else high = middle - 1;
  }
  return low;
}
