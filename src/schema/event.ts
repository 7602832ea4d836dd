import { z } from "zod";
import { callEvents } from "./event-call.js";
import { conversationEvents } from "./event-conversation.js";
import { cycleEvents } from "./event-cycle.js";
import { memoryEvents } from "./event-memory.js";
import { taskEvents } from "./event-task.js";

/** Payload of each event type. Types in DESIGN §13 are contract; the others are ours. */
export const eventPayloadSchemas = {
  ...cycleEvents,
  ...taskEvents,
  ...conversationEvents,
  ...callEvents,
  ...memoryEvents,
} as const;

export type EventType = keyof typeof eventPayloadSchemas;
export type EventPayload<T extends EventType> = z.infer<(typeof eventPayloadSchemas)[T]>;

/** An event to append. `stream` groups what is read together, for example `conv:<id>`. */
export interface NewEvent<T extends EventType = EventType> {
  type: T;
  stream: string;
  actor: string;
  /** Cycle number the event belongs to; 0 outside cycles. */
  run: number;
  task: string | null;
  execution: string | null;
  payload: EventPayload<T>;
}

/** An event as stored: ordered, stamped and chained. */
export interface StoredEvent<T extends EventType = EventType> extends NewEvent<T> {
  seq: number;
  /** `ev_<seq>`: how records cite it. */
  id: string;
  hlc: string;
  node: string;
  prev_hash: string;
  hash: string;
}

/** A stored event of any type, discriminated by `type`. */
export type AnyEvent = { [T in EventType]: StoredEvent<T> }[EventType];
/** A new event of any type, discriminated by `type`. */
export type AnyNewEvent = { [T in EventType]: NewEvent<T> }[EventType];

/** Envelope of one line of `worknode log --json`. */
export const eventLineSchema = z.object({
  seq: z.int(),
  id: z.string(),
  type: z.string(),
  hlc: z.string(),
  actor: z.string(),
  task: z.string().nullable(),
  execution: z.string().nullable(),
  payload: z.record(z.string(), z.unknown()),
});
export type EventLine = z.infer<typeof eventLineSchema>;
