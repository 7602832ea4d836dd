import type { Place } from "./place.js";

/** What the server remembers of one request. */
export interface RequestLogEntry {
  /** The script's key, or `?` for a request refused before its place was known. */
  readonly key: string;
  /** With the cycle in front. */
  readonly conversation: string;
  /** Which reply of the conversation was asked for, from 0. */
  readonly index: number;
  /** Times this reply has been asked for, from 1. */
  readonly attempt: number;
  /** Whether the whole reply left the server. */
  readonly completed: boolean;
  readonly status: number;
  /** The fault played, or why the request was refused. */
  readonly fault?: string;
  /** The four `x-worknode-*` headers. */
  readonly headers: Readonly<Record<string, string>>;
  /** Arrival (Unix epoch ms). */
  readonly at: number;
}

/** A reply that was delivered whole and asked for again. */
export interface RepeatedReply {
  readonly conversation: string;
  readonly index: number;
  /** Requests that came after the whole delivery. */
  readonly again: number;
}

/** Requests kept for `requests()`; older ones are dropped. */
const MAX_ENTRIES = 200_000;

/** Remembers requests, and which replies were asked for after they had been delivered whole. */
export interface RequestLog {
  /** Opens an entry; the returned functions complete it. */
  open(place: Place | undefined, headers: Readonly<Record<string, string>>): OpenEntry;
  entries(): RequestLogEntry[];
  repeated(): RepeatedReply[];
}

/** A request being answered. */
export interface OpenEntry {
  readonly attempt: number;
  /** Says how the request was answered. */
  answered(status: number, fault?: string): void;
  /** Says that the whole reply was sent. */
  completed(): void;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface Tally {
  asked: number;
  delivered: boolean;
  again: number;
}

/** Starts an empty log of requests. */
export function createRequestLog(nowMs: () => number): RequestLog {
  const entries: RequestLogEntry[] = [];
  const tallies = new Map<string, Tally>();

  function tally(place: Place | undefined): Tally {
    if (place === undefined) return { asked: 1, delivered: false, again: 0 };
    const id = `${place.conversation}#${place.index}`;
    const found = tallies.get(id) ?? { asked: 0, delivered: false, again: 0 };
    tallies.set(id, found);
    found.asked += 1;
    if (found.delivered) found.again += 1;
    return found;
  }

  function open(place: Place | undefined, headers: Readonly<Record<string, string>>): OpenEntry {
    const counted = tally(place);
    const entry: Mutable<RequestLogEntry> = {
      key: place?.key ?? "?",
      conversation: place?.conversation ?? "?",
      index: place?.index ?? -1,
      attempt: counted.asked,
      completed: false,
      status: 0,
      headers,
      at: nowMs(),
    };
    if (entries.length === MAX_ENTRIES) entries.shift();
    entries.push(entry);
    return {
      attempt: counted.asked,
      answered(status, fault) {
        entry.status = status;
        if (fault !== undefined) entry.fault = fault;
      },
      completed() {
        entry.completed = true;
        counted.delivered = true;
      },
    };
  }

  return {
    open,
    entries: () => entries.map((entry) => ({ ...entry })),
    repeated: () =>
      [...tallies]
        .filter(([, counted]) => counted.again > 0)
        .map(([id, { again }]) => {
          const cut = id.lastIndexOf("#");
          return { conversation: id.slice(0, cut), index: Number(id.slice(cut + 1)), again };
        }),
  };
}
