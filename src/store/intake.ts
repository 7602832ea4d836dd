import { assert } from "../kernel/assert.js";
import { Fault } from "../kernel/fault.js";
import type { AnyNewEvent, EventType } from "../schema/event.js";
import { canonicalText } from "./blobs.js";
import type { Connection } from "./connection.js";
import { acceptEvents } from "./sql/accept-events.js";
import { dropAccepted } from "./sql/drop-accepted.js";
import { listAccepted } from "./sql/list-accepted.js";

/** What was accepted gets its numbers this much later, all until then together (milliseconds). */
const NUMBER_AFTER_MS = 20;

/** Types that can always be written later, whatever else the log says by then. */
const ACCEPTABLE: ReadonlySet<EventType> = new Set<EventType>([
  "PROPOSAL",
  "VERDICT",
  "SECURITY_VIOLATION",
  "ALERT",
  "TOOL_RESULT",
]);

/** Events that are kept at once, and numbered, chained and projected a moment later. */
export interface Intake {
  /** Keeps events: one row, which outlives this process once committed. Throws what the last numbering failed with. */
  readonly accept: (events: readonly AnyNewEvent[]) => void;
  /** Numbers all that wait, whoever accepted them. In a transaction of the caller's, before it appends anything else. */
  readonly number: () => void;
  /** Numbers what waits where this process may have accepted it: before it reads, and before it ends. */
  readonly settle: () => void;
  /** What was numbered last was rolled back, perhaps. */
  readonly recheck: () => void;
  /** Nothing is numbered by itself any more. */
  readonly stop: () => void;
}

/** How events get into the log. */
interface Log {
  readonly nowMs: () => number;
  /** Writes events in one transaction, which joins that of the caller. */
  readonly write: (events: readonly AnyNewEvent[], nowMs: number) => void;
  /** Runs `work` in one transaction that need not wait for the disk: a power cut that takes it leaves the rows. */
  readonly transaction: (work: () => void) => void;
}

interface Accepted {
  readonly id: number;
  readonly at: number;
  readonly events: string;
}

/**
 * The intake of one connection. A row costs one page; numbers, hashes, indexes and projections cost eight more, and nobody
 * waits for them. What is accepted comes into the log before anything appended after it, as every append numbers it
 * first, by whichever process; and what a killed process left behind is numbered by the next that opens the store.
 *
 *     accept ──► a row of `intake` ──► (an append, a read of this process, 20 ms) ──► the log
 */
export function createIntake(db: Connection, log: Log): Intake {
  let waiting = !db.database.readonly;
  let failed = false;
  let timer: NodeJS.Timeout | undefined;

  function number(): void {
    const rows = db.all<Accepted>(listAccepted);
    waiting = false;
    for (const row of rows) numberRow(log, row);
    const last = rows.at(-1);
    if (last !== undefined) db.run(dropAccepted, [last.id]);
  }

  function settle(): void {
    if (!waiting) return;
    if (db.get(listAccepted) === undefined) waiting = false;
    else log.transaction(number);
  }

  function numberSoon(): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      try {
        settle();
      } catch {
        failed = true; // the rows are kept, and whoever accepts next meets the same fault
      }
    }, NUMBER_AFTER_MS);
  }

  return {
    number,
    settle,
    accept(events) {
      assert(
        events.every(({ type }) => ACCEPTABLE.has(type)),
        "an event of this type is not accepted unnumbered",
      );
      if (failed) settle();
      failed = false;
      db.run(acceptEvents, [log.nowMs(), canonicalText(events)]);
      waiting = true;
      numberSoon();
    },
    recheck() {
      waiting = !db.database.readonly;
    },
    stop: () => clearTimeout(timer),
  };
}

/** A call's result is recorded once: where the log has one by now, that one stands, and the rest is written. */
function numberRow({ write }: Log, { at, events: text }: Accepted): void {
  const events = JSON.parse(text) as AnyNewEvent[];
  if (isWritten(() => write(events, at))) return;
  for (const event of events) isWritten(() => write([event], at));
}

function isWritten(write: () => void): boolean {
  try {
    write();
    return true;
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === "DUPLICATE_EVENT") return false;
    throw thrown;
  }
}
