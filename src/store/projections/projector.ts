import type { AnyEvent, EventType, StoredEvent } from "../../schema/event.js";
import { canonicalText } from "../blobs.js";
import type { Connection } from "../connection.js";

/** Folds one event into the tables. Runs in the event's own transaction; throws Fault DUPLICATE_EVENT. */
export type Projector<T extends EventType> = (db: Connection, event: StoredEvent<T>) => void;

/** A projector for each event type a table is made from. */
export type Projectors = { readonly [T in EventType]?: Projector<T> };

/** JSON text of a value, for a column: canonical, so that a replay gives the same. */
export function jsonOf(value: unknown): string {
  return canonicalText(value ?? null);
}

/** Money as an integer, so that sums are exact: 1 USD = 1e9. */
export function nanoUsd(usd: number | null): number {
  return Math.round((usd ?? 0) * 1e9);
}

/** What an event's rows are keyed by. */
export function keyOf(event: AnyEvent): { cycle: number; task: string | null; seq: number } {
  return { cycle: event.run, task: event.task, seq: event.seq };
}
