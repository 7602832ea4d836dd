import { type Clock, systemClock } from "../kernel/clock.js";
import { Fault } from "../kernel/fault.js";
import type { AnyEvent, AnyNewEvent } from "../schema/event.js";
import { type AuthorityView, createAuthority } from "./authority.js";
import { type EventRow, eventOf } from "./chain.js";
import { type Connection, openToRead } from "./connection.js";
import { guard, guardAll } from "./faults.js";
import { createGroupCommit } from "./group-commit.js";
import { createLateSync, type LateSync } from "./late-sync.js";
import { createLeases, type Leases } from "./lease.js";
import { writeEvents } from "./log.js";
import { project } from "./projections/project.js";
import { createQueries } from "./queries.js";
import type { StoreReader } from "./reader.js";
import { type Rebuild, rebuildProjections } from "./rebuild.js";
import { restoreEvents } from "./restore.js";
import { iterateEvents } from "./sql/iterate-events.js";
import { type EventFilter, selectEvents } from "./sql/select-events.js";
import { createSubscriptions, type Listener } from "./subscription.js";
import { type Verification, verifyChain } from "./verification.js";
import { createWaker } from "./watch.js";
import { openToWrite } from "./writer.js";

/**
 * The event log of one repository and everything read from it. Several processes may hold the same
 * database; whatever is appended is on disk before `append` returns (`appendUnsynced`: soon after). Every method may throw a Fault
 * (STORE_FULL, STORE_BUSY, STORE_CORRUPT, …).
 */
export interface Store extends StoreReader {
  readonly clock: Clock;
  /**
   * Appends events in one transaction: chain, texts, projections. Throws Fault DUPLICATE_EVENT when
   * one records again what happens once; then none of them is there.
   */
  readonly append: (events: readonly AnyNewEvent[]) => AnyEvent[];
  /**
   * Appends as `append` does, in one transaction with what others commit at the same turn of the event loop. Resolves
   * once the events are on disk, and rejects with what `append` would throw for them.
   */
  readonly commit: (events: readonly AnyNewEvent[]) => Promise<AnyEvent[]>;
  /**
   * Appends as `append` does, without waiting for the disk: what it returns `kill -9` does not take, and a power cut only
   * where it comes before the sync that follows at once. Nothing later is on disk without it. Not inside a transaction.
   */
  readonly appendUnsynced: (events: readonly AnyNewEvent[]) => AnyEvent[];
  /** Runs `work` in one immediate transaction; `append` and `transaction` inside join it. `work` is synchronous. */
  transaction<T>(work: () => T): T;
  /** The events a filter chooses, large texts put back. */
  events(filter: EventFilter): AnyEvent[];
  /** All events after a sequence number, read as they are asked for. No appending while it is open. */
  iterate(afterSeq?: number): IterableIterator<AnyEvent>;
  /** Told of events once committed, here at once or by another process soon. Answers how to stop. */
  subscribe(listener: Listener): () => void;
  verify(): Verification;
  rebuild(): Rebuild;
  /** Writes another log's events as they are, whole or not at all; answers how many were new. Throws IMPORT_FOREIGN, IMPORT_BROKEN. */
  restore(events: Iterable<AnyEvent>): number;
  readonly lease: Leases;
  /** Capabilities of earlier epochs are void. */
  epoch(): number;
  /** Epoch and revocations as they are now: for one check, made before anything is waited for. */
  authority(): AuthorityView;
}

/** Settings of a store. `node` names this machine in stamps; the database has its own by default. */
export interface StoreOptions {
  clock?: Clock;
  node?: string;
  readonly?: boolean;
}

/**
 * Opens the store at `path`, making the file and its folder unless `readonly`. Throws Fault
 * STORE_NEWER, STORE_CORRUPT, STORE_READONLY, STORE_MISSING (exit 2) or STORE_FULL.
 */
export function openStore(path: string, options: StoreOptions = {}): Store {
  return createStore(options.readonly === true ? openBroughtUpToDate(path) : openToWrite(path), options);
}

/** Opens for reading; a database of an older program is brought up to date first, which is all that is written. */
function openBroughtUpToDate(path: string): Connection {
  try {
    return openToRead(path);
  } catch (thrown) {
    if (!(thrown instanceof Fault && thrown.code === "STORE_OLDER")) throw thrown;
    openToWrite(path).database.close();
    return openToRead(path);
  }
}

/** A store over an open connection. */
export function createStore(db: Connection, options: StoreOptions = {}): Store {
  const { path } = db;
  const clock = options.clock ?? systemClock;
  const authority = createAuthority(db);
  const subscriptions = createSubscriptions(db);
  const waker = createWaker(path);
  const inTransaction = createTransactions(db, committed, authority.invalidate);

  function committed(events: readonly AnyEvent[]): void {
    waker.wake();
    subscriptions.publish(events);
  }

  function append(events: readonly AnyNewEvent[]): AnyEvent[] {
    return inTransaction((pending) => {
      const written = writeEvents(db, events, { nowMs: clock.nowMs(), node: options.node });
      for (const event of written) project(db, event);
      pending.push(...written);
      authority.invalidate(written);
      return written;
    });
  }

  const transaction = <T>(work: () => T): T => inTransaction(() => work());
  const group = createGroupCommit(guard(path, append));
  const late = createLateSync(db);
  return {
    path,
    clock,
    ...guardAll(path, {
      append,
      appendUnsynced: (events: readonly AnyNewEvent[]) => late.commit(() => append(events)),
      events: (filter: EventFilter) => selectEvents(db, filter).map((row) => eventOf(db, row)),
      subscribe: subscriptions.add,
      verify: () => verifyChain(db),
      rebuild: () => rebuildProjections(db, transaction),
      restore: (events: Iterable<AnyEvent>) => {
        const count = transaction(() => restoreEvents(db, events));
        authority.invalidate();
        committed([]);
        return count;
      },
      epoch: () => authority.now().epoch,
      authority: authority.now,
    }),
    commit: group.add,
    transaction: (work) => guard(path, () => transaction(work))(),
    iterate: (afterSeq) => iterateFrom(db, afterSeq),
    lease: guardAll(path, createLeases(db, transaction)),
    queries: guardAll(path, createQueries(db)),
    close() {
      group.flush();
      waker.flush();
      subscriptions.close();
      closeDatabase(db, late);
    },
  };
}

function closeDatabase({ database }: Connection, late: LateSync): void {
  try {
    late.close();
  } finally {
    database.close();
  }
}

function* iterateFrom(db: Connection, afterSeq = 0): IterableIterator<AnyEvent> {
  for (const row of db.iterate<EventRow>(iterateEvents, [afterSeq])) yield eventOf(db, row);
}

/**
 * One immediate transaction at a time; an inner one is a savepoint of it. `pending` gathers the events
 * written; they are published once the outermost one has committed, and forgotten when theirs rolled back.
 */
function createTransactions(
  db: Connection,
  publish: (events: readonly AnyEvent[]) => void,
  rolledBack: () => void,
): <T>(work: (pending: AnyEvent[]) => T) => T {
  const run = db.database.transaction((work: () => unknown) => work());
  let pending: AnyEvent[] = [];

  return <T>(work: (pending: AnyEvent[]) => T): T => {
    const outermost = !db.database.inTransaction;
    const mark = pending.length;
    let result: T;
    try {
      result = run.immediate(() => work(pending)) as T;
    } catch (thrown) {
      pending.length = db.database.inTransaction ? mark : 0;
      rolledBack();
      throw thrown;
    }
    if (outermost) {
      const committed = pending;
      pending = [];
      if (committed.length > 0) publish(committed);
    }
    return result;
  };
}
