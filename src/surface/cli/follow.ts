import { systemClock } from "../../kernel/clock.js";
import type { AnyEvent } from "../../schema/event.js";
import { isHolderAlive } from "../../store/lease.js";
import type { Store } from "../../store/store.js";

/** Time between two looks whether the process of a run still lives. */
const LOOK_MS = 1_000;

/** How following a run ended: with the run, with its process, or because the reader left. */
export type Followed = { readonly kind: "ended"; readonly exitCode: number } | { readonly kind: "died" | "left" };

/** The cycle somebody runs now: the newest with a living holder. */
export function runningCycle(store: Store): number | undefined {
  const number = store.queries.maxCycle();
  const lease = number === 0 ? undefined : store.lease.read(`cycle:${number}`);
  return lease?.held === true && isHolderAlive(lease) ? number : undefined;
}

/** Tells the events of a run as they come, until it ends, its process is gone, or the signal says to leave. */
export async function followRun(
  store: Store,
  cycle: number,
  { signal, onEvents }: { signal: AbortSignal; onEvents: (events: readonly AnyEvent[]) => void },
): Promise<Followed> {
  const end: { followed?: Followed } = {};
  const waiting = new AbortController();
  const stop = (followed: Followed): void => {
    end.followed ??= followed;
    waiting.abort();
  };
  const unsubscribe = store.subscribe((events) => {
    const mine = events.filter(({ run }) => run === cycle);
    if (mine.length > 0) onEvents(mine);
    for (const event of mine)
      if (event.type === "SESSION_ENDED") stop({ kind: "ended", exitCode: event.payload.exit_code });
  });
  const leave = (): void => stop({ kind: "left" });
  signal.addEventListener("abort", leave, { once: true });
  try {
    while (end.followed === undefined) {
      if (signal.aborted) leave();
      else if (runningCycle(store) !== cycle) stop({ kind: "died" });
      else await systemClock.sleep(LOOK_MS, waiting.signal).catch(() => undefined);
    }
    return end.followed;
  } finally {
    signal.removeEventListener("abort", leave);
    unsubscribe();
  }
}
