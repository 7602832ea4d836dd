import { type Fault, invalid } from "../kernel/fault.js";
import { err, ok, type Result } from "../kernel/result.js";
import { type Note, noteSchema } from "../schema/memory.js";
import { saidTextSchema } from "../schema/record-text.js";
import type { Store } from "../store/store.js";
import { describeIssues } from "./problems.js";
import { type Author, recordEvent } from "./record.js";

const newNoteSchema = noteSchema.extend({ text: saidTextSchema });

/** Keeps a note, for the next brief. Answers the id it is cited by. */
export function createNote(
  store: Store,
  note: Note,
  author: Author = { actor: "user" },
): Result<{ id: string }, Fault> {
  const checked = newNoteSchema.safeParse(note);
  if (!checked.success) return err(invalid("INVALID_NOTE", `The note is not valid: ${describeIssues(checked.error)}`));
  const [event] = recordEvent(store, author, "NOTE_RECORDED", checked.data);
  return ok({ id: event?.id ?? "" });
}
