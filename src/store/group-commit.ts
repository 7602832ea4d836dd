import type { AnyEvent, AnyNewEvent } from "../schema/event.js";

/** Events that wait for their transaction, and whoever waits for them. */
interface Waiting {
  readonly events: readonly AnyNewEvent[];
  readonly resolve: (stored: AnyEvent[]) => void;
  readonly reject: (thrown: unknown) => void;
}

/** Appends of several callers in one transaction. */
export interface GroupCommit {
  /** Has events appended at the end of this turn of the event loop; resolves once they are on disk. */
  readonly add: (events: readonly AnyNewEvent[]) => Promise<AnyEvent[]>;
  /** Appends at once what still waits. */
  readonly flush: () => void;
}

/**
 * Gathers what many agents append within one turn of the event loop. A commit waits for the disk, and while it does,
 * answers for others arrive: with many agents at work, they share the next one. Nobody is told before the events are
 * on disk. Where the transaction fails, each caller's events are appended by themselves, so that only those
 * fail which are at fault.
 */
export function createGroupCommit(append: (events: readonly AnyNewEvent[]) => AnyEvent[]): GroupCommit {
  let waiting: Waiting[] = [];

  function flush(): void {
    const group = waiting;
    waiting = [];
    if (group.length > 0) appendGroup(append, group);
  }

  return {
    flush,
    add: (events) =>
      new Promise((resolve, reject) => {
        if (waiting.push({ events, resolve, reject }) === 1) setImmediate(flush);
      }),
  };
}

function appendGroup(append: (events: readonly AnyNewEvent[]) => AnyEvent[], group: readonly Waiting[]): void {
  let stored: AnyEvent[];
  try {
    stored = append(group.flatMap(({ events }) => events));
  } catch (thrown) {
    if (group.length > 1) for (const one of group) appendGroup(append, [one]);
    else group[0]?.reject(thrown);
    return;
  }
  let at = 0;
  for (const { events, resolve } of group) {
    resolve(stored.slice(at, at + events.length));
    at += events.length;
  }
}
