import { type Columns, noteOf } from "../columns.js";
import type { Connection } from "../connection.js";
import type { NoteRow } from "../memory-rows.js";

const SQL = "SELECT * FROM notes WHERE seq = ?";

/** A note by the event that recorded it. */
export function readNote(db: Connection, seq: number): NoteRow | undefined {
  const row = db.get<Columns>(SQL, [seq]);
  return row === undefined ? undefined : noteOf(row);
}
