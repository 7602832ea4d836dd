import type { AnyNewEvent, EventPayload, EventType, NewEvent } from "../../schema/event.js";

/** One command of a verification, as recorded. */
export type CommandRun = EventPayload<"VERIFIED">["commands"][number];

/** Where an event belongs. */
export interface Place {
  stream: string;
  actor: string;
  run: number;
  task: string | null;
  execution?: string | null;
}

/** Builds an event of one type at a place. */
export function eventAt<T extends EventType>(place: Place, type: T, payload: EventPayload<T>): AnyNewEvent {
  const event: NewEvent<T> = {
    type,
    stream: place.stream,
    actor: place.actor,
    run: place.run,
    task: place.task,
    execution: place.execution ?? null,
    payload,
  };
  return event as unknown as AnyNewEvent;
}

/** Stream of a task's own events. */
export function taskStream(cycle: number, task: string): string {
  return `task:${cycle}:${task}`;
}

/** Stream of a cycle's events. */
export function cycleStream(cycle: number): string {
  return `cycle:${cycle}`;
}
