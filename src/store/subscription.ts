import type { AnyEvent } from "../schema/event.js";
import { type EventRow, eventOf } from "./chain.js";
import type { Connection } from "./connection.js";
import { headOf } from "./log.js";
import { listEventsAfter } from "./sql/list-events-after.js";
import { readDataVersion } from "./sql/read-data-version.js";
import { watchDirectory } from "./watch.js";

/** Events handed to a listener at once when catching up with another process. */
const MAX_BATCH = 1_000;

/**
 * A change of the file is looked at this much later, and all changes until then with it (milliseconds). Most of them are
 * this process's own commits, and each would cost a question to the database.
 */
const LOOK_AFTER_MS = 20;

/** Is told of committed events, in order, each once. */
export type Listener = (events: readonly AnyEvent[]) => void;

/** Hands committed events to listeners: own ones at once, those of other processes when the file changes. */
export interface Subscriptions {
  readonly add: (listener: Listener) => () => void;
  /** Own events, just committed. */
  readonly publish: (events: readonly AnyEvent[]) => void;
  readonly close: () => void;
}

/** Calls every listener. One that throws is a defect; it stops neither the others nor the append. */
function notify(listeners: ReadonlySet<Listener>, events: readonly AnyEvent[]): void {
  for (const listener of Array.from(listeners)) {
    try {
      listener(events);
    } catch (thrown) {
      queueMicrotask(() => {
        throw thrown;
      });
    }
  }
}

/** One look for many changes, always after the last of them. */
function createLook(look: () => void): { soon: () => void; cancel: () => void } {
  let timer: NodeJS.Timeout | undefined;
  return {
    soon() {
      timer ??= setTimeout(() => {
        timer = undefined;
        look();
      }, LOOK_AFTER_MS);
    },
    cancel: () => clearTimeout(timer),
  };
}

/**
 * Reads the log behind a cursor. The cursor is the truth; watching is only a hint (DESIGN §12). Own events that follow
 * the cursor are handed on as they are. The log is read where they do not, as another process wrote in between, and
 * where a listener appended while it was told: what it appended is behind the cursor then, and nobody else would wake it.
 */
function createFeed(db: Connection, listeners: ReadonlySet<Listener>) {
  let cursor = headOf(db).seq;
  let delivering = false;
  let behind = false;

  function deliver(events: readonly AnyEvent[]): void {
    cursor = events.at(-1)?.seq ?? cursor;
    notify(listeners, events);
  }

  function readBatch(): AnyEvent[] {
    if (headOf(db).seq <= cursor) return [];
    return db.all<EventRow>(listEventsAfter, [cursor, MAX_BATCH]).map((row) => eventOf(db, row));
  }

  /** Goes on until nothing new is left: a listener may append, and other processes work meanwhile. */
  function catchUp(): void {
    behind = false;
    for (let batch = readBatch(); batch.length > 0; batch = readBatch()) deliver(batch);
  }

  return function drain(own: readonly AnyEvent[]): void {
    behind = true;
    if (delivering) return;
    delivering = true;
    try {
      if (own[0]?.seq === cursor + 1) {
        behind = false;
        deliver(own);
      }
      if (behind) catchUp();
    } finally {
      delivering = false;
    }
  };
}

/** Subscriptions of one connection; it watches the database's folder while there is a listener. */
export function createSubscriptions(db: Connection): Subscriptions {
  const listeners = new Set<Listener>();
  let open: { drain: (own: readonly AnyEvent[]) => void; stop: () => void } | undefined;

  function start(): void {
    const drain = createFeed(db, listeners);
    let seen: number | undefined;
    const look = createLook(() => {
      const version = db.get<{ data_version: number }>(readDataVersion)?.data_version;
      if (version === seen) return;
      seen = version;
      drain([]);
    });
    const watcher = watchDirectory(db.path, look.soon);
    open = {
      drain,
      stop() {
        watcher.close();
        look.cancel();
      },
    };
  }

  function stop(): void {
    open?.stop();
    open = undefined;
  }

  return {
    add(listener) {
      if (open === undefined) start();
      listeners.add(listener);
      open?.drain([]);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) stop();
      };
    },
    publish: (events) => open?.drain(events),
    close() {
      listeners.clear();
      stop();
    },
  };
}
