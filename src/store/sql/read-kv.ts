import type { Connection } from "../connection.js";

const SQL = "SELECT value FROM kv WHERE key = ?";

/** The value of a key such as `cycle:current`. */
export function readKv(db: Connection, key: string): string | undefined {
  return db.get<{ value: string }>(SQL, [key])?.value;
}
