/** Replies withheld until a test or a demo says so, by name. */
export interface Holds {
  /** Resolves once `name` is released; at once when it already was. */
  wait(name: string): Promise<void>;
  /** Lets every present and later wait for `name` pass. */
  release(name: string): void;
  /** Calls back when a request waits for `name`; at once when one does already. */
  onHold(name: string, callback: () => void): void;
  /** Names requests wait for now. */
  waiting(): string[];
}

interface Hold {
  released: boolean;
  waiters: (() => void)[];
  watchers: (() => void)[];
}

/** Makes an empty set of holds. */
export function createHolds(): Holds {
  const holds = new Map<string, Hold>();

  function hold(name: string): Hold {
    const found = holds.get(name) ?? { released: false, waiters: [], watchers: [] };
    holds.set(name, found);
    return found;
  }

  return {
    wait(name) {
      const held = hold(name);
      if (held.released) return Promise.resolve();
      return new Promise((resolve) => {
        held.waiters.push(resolve);
        for (const watcher of held.watchers.splice(0)) watcher();
      });
    },
    release(name) {
      const held = hold(name);
      held.released = true;
      for (const waiter of held.waiters.splice(0)) waiter();
    },
    onHold(name, callback) {
      const held = hold(name);
      if (held.waiters.length > 0) callback();
      else held.watchers.push(callback);
    },
    waiting: () => [...holds].filter(([, held]) => held.waiters.length > 0).map(([name]) => name),
  };
}
