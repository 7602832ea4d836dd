import type { AnyEvent, AnyNewEvent, EventPayload, EventType } from "../schema/event.js";
import type { Store } from "../store/store.js";

/** Who records something, and in which cycle and task, where there is one. */
export interface Author {
  actor: string;
  cycle?: number;
  task?: string | null;
  execution?: string | null;
}

/** An event of the project's stream, or of the author's task, to be appended with others. */
export function newEvent<T extends EventType>(author: Author, type: T, payload: EventPayload<T>): AnyNewEvent {
  const { actor, cycle = 0, task = null, execution = null } = author;
  const stream = task === null ? "project" : `task:${cycle}:${task}`;
  return { type, stream, actor, run: cycle, task, execution, payload } as unknown as AnyNewEvent;
}

/** Appends one event of the project's stream, or of the author's task. Throws Fault like `Store.append`. */
export function recordEvent<T extends EventType>(
  store: Store,
  author: Author,
  type: T,
  payload: EventPayload<T>,
): AnyEvent[] {
  return store.append([newEvent(author, type, payload)]);
}
