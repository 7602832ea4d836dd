import { type Columns, noteOf } from "../columns.js";
import type { Connection } from "../connection.js";
import type { NoteRow } from "../memory-rows.js";

const SQL = "SELECT * FROM notes ORDER BY seq DESC LIMIT ?";

/** Notes, newest first. */
export function listNotes(db: Connection, limit: number): NoteRow[] {
  return db.all<Columns>(SQL, [limit]).map(noteOf);
}
