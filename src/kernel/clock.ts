import { setTimeout as delay } from "node:timers/promises";

/** Time, injected so that tests own it. All times are Unix epoch milliseconds. */
export interface Clock {
  nowMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/**
 * Milliseconds of this machine since some instant, for the age of what never leaves this process. It neither jumps nor
 * goes on while the machine is suspended, as the time of day does.
 */
export function elapsedMs(): number {
  return performance.now();
}

/** The machine's clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  },
};
