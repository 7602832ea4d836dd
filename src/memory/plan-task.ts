import type { StoreReader } from "../store/reader.js";

/** The open cycle that has a task of this id; undefined where it is none of a plan. */
export function cycleOfTask(store: StoreReader, task: string): number | undefined {
  const cycle = store.queries.latestIncompleteCycle();
  return cycle !== undefined && store.queries.task(cycle.number, task) !== undefined ? cycle.number : undefined;
}
