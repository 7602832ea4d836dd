import { type Fault, invalid } from "../kernel/fault.js";
import { err, ok, type Result } from "../kernel/result.js";
import type { NoteRow } from "../store/memory-rows.js";
import type { StoreReader } from "../store/reader.js";
import type { Store } from "../store/store.js";
import { type Author, recordEvent } from "./record.js";

/** Records that may be pinned at once: where all are, none is. */
const MAX_PINS = 25;

/** What is pinned, as `pinRecord` leaves it. */
export interface Pin {
  id: string;
  pinned: boolean;
}

/**
 * Pins a decision, an issue or a note by the id it is cited by, so that briefs tell it before others of equal
 * relevance however old it is; or unpins it. The same again changes nothing.
 */
export function pinRecord(
  store: Store,
  { id, pinned }: { id: string; pinned: boolean },
  author: Author = { actor: "user" },
): Result<Pin, Fault> {
  return store.transaction(() => {
    const pins = store.queries.pins();
    if (pins.includes(id) === pinned) return ok({ id, pinned });
    const problem = pinned ? pinProblem(store, id, pins.length) : undefined;
    if (problem !== undefined) return err(problem);
    recordEvent(store, author, "RECORD_PINNED", { id, pinned, by: author.actor });
    return ok({ id, pinned });
  });
}

function pinProblem(store: Store, id: string, count: number): Fault | undefined {
  const { queries } = store;
  const known = queries.decision(id) ?? queries.issueById(id) ?? noteOf(store, id);
  if (known === undefined)
    return invalid(
      "UNKNOWN_RECORD",
      `There is no decision, issue or note ${id}. Its id stands in brackets in the brief.`,
    );
  if (count < MAX_PINS) return undefined;
  return invalid("TOO_MANY_PINS", `${MAX_PINS} records are pinned already. Unpin one first: worknode unpin ID.`);
}

/** A note by the id it is cited by, `ev_N`. */
export function noteOf({ queries }: StoreReader, id: string): NoteRow | undefined {
  const seq = /^ev_(\d{1,15})$/.exec(id)?.[1];
  return seq === undefined ? undefined : queries.note(Number(seq));
}
