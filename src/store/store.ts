import { type Clock, systemClock } from "../kernel/clock.js";
import { Fault } from "../kernel/fault.js";
import type { AnyEvent, AnyNewEvent } from "../schema/event.js";
import { type AuthorityView, createAuthority } from "./authority.js";
import { type EventRow, eventOf } from "./chain.js";
import { createChanges } from "./changes.js";
import { type Connection, openToRead } from "./connection.js";
import { guard, guardAll } from "./faults.js";
import { createGroupCommit } from "./group-commit.js";
import { createIntake, type Intake } from "./intake.js";
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
 * database; whatever is appended is on disk before `append` returns (what is accepted: soon after). Every method may throw a Fault
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
   * Accepts events of a call without waiting for the disk: what it returned for `kill -9` does not take, and a power cut only
   * where it comes before the sync that follows at once. They are in the log, under one another's numbers, before anything
   * appended later by anybody, and before this process reads again; for others in about 20 ms. Not inside a transaction.
   */
  readonly accept: (events: readonly AnyNewEvent[]) => void;
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
  /** Another number than before wherever tables other than those of calls may have changed since (`changes.ts`). */
  changes(): number;
  /** Whether the log is where it was opened; one that was removed or replaced keeps nothing for anybody. */
  isInPlace(): boolean;
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
 * STORE_NEWER, STORE_CORRUPT, STORE_READONLY, STORE_EMPTY, STORE_MISSING (exit 2) or STORE_FULL.
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

/** The writing side of one connection: what is appended, what is accepted, and who must know that something changed. */
function createLog(db: Connection, { node, clock = systemClock }: StoreOptions, committed: Listener) {
  const authority = createAuthority(db);
  const changes = createChanges(db);
  const late = createLateSync(db);
  const inTransaction = createTransactions(db, committed, wroteElse);
  const intake = createIntake(db, {
    nowMs: () => clock.nowMs(),
    write: (events, nowMs) => void inTransaction((pending) => write(pending, events, nowMs)),
    transaction: (work) => (db.database.inTransaction ? inTransaction(work) : late.commit(() => inTransaction(work))),
  });

  function wroteElse(): void {
    authority.invalidate();
    changes.note();
    intake.recheck();
  }

  function write(pending: AnyEvent[], events: readonly AnyNewEvent[], nowMs: number): AnyEvent[] {
    const written = writeEvents(db, events, { nowMs, node });
    for (const event of written) project(db, event);
    pending.push(...written);
    authority.invalidate(written);
    changes.note(written);
    return written;
  }

  return {
    authority,
    changes,
    late,
    intake,
    wroteElse,
    transaction: <T>(work: () => T): T => inTransaction(() => work()),
    append: (events: readonly AnyNewEvent[]): AnyEvent[] =>
      inTransaction((pending) => {
        intake.number();
        return write(pending, events, clock.nowMs());
      }),
    restore: (events: Iterable<AnyEvent>): number => {
      const count = inTransaction(() => {
        intake.number();
        return restoreEvents(db, events);
      });
      wroteElse();
      committed([]);
      return count;
    },
  };
}

/** A store over an open connection. */
export function createStore(db: Connection, options: StoreOptions = {}): Store {
  const { path } = db;
  const subscriptions = createSubscriptions(db);
  const waker = createWaker(path);
  const log = createLog(db, options, (events) => {
    waker.wake();
    subscriptions.publish(events);
  });
  const { authority, changes, late, intake, transaction } = log;

  /** What this process accepted is in what it reads. */
  function settled<A extends readonly unknown[], T>(read: (...values: A) => T): (...values: A) => T {
    return (...values) => {
      intake.settle();
      return read(...values);
    };
  }

  const group = createGroupCommit(guard(path, log.append));
  const asking = { ...db, get: settled(db.get) as typeof db.get, all: settled(db.all) as typeof db.all };
  const guarded = guardAll(path, {
    append: log.append,
    accept: (events: readonly AnyNewEvent[]) => late.commit(() => intake.accept(events)),
    events: settled((filter: EventFilter) => selectEvents(db, filter).map((row) => eventOf(db, row))),
    subscribe: settled((listener: Listener) => subscriptions.add(listener)),
    verify: settled(() => verifyChain(db)),
    rebuild: settled(() => {
      changes.note();
      return rebuildProjections(db, transaction);
    }),
    restore: log.restore,
    changes: changes.count,
    epoch: () => authority.now().epoch,
    isInPlace: db.isInPlace,
    authority: authority.now,
  });
  return {
    path,
    clock: options.clock ?? systemClock,
    ...guarded,
    commit: group.add,
    transaction: (work) => guard(path, () => transaction(work))(),
    iterate: settled((afterSeq?: number) => iterateFrom(db, afterSeq)),
    lease: guardAll(path, createLeases(db, transaction)),
    queries: guardAll(path, createQueries(asking)),
    close() {
      group.flush();
      waker.flush();
      subscriptions.close();
      closeDatabase(db, intake, late);
    },
  };
}

function closeDatabase({ database }: Connection, intake: Intake, late: LateSync): void {
  try {
    intake.stop();
    intake.settle();
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
