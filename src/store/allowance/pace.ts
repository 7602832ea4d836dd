import { assert } from "../../kernel/assert.js";
import type { Connection } from "../connection.js";
import type { Holder } from "../lease.js";

/** What a server limits: requests, tokens of the prompt, of the answer, or both together. */
export type RateKind = "requests" | "input" | "output" | "tokens";

/** What a server said of one limit. */
export interface RateReading {
  readonly kind: RateKind;
  readonly allowed: number;
  readonly remaining: number;
  /** Time until all of it is there again (ms), when nothing more is asked. */
  readonly fullInMs: number;
}

/** Who asks, and when (epoch ms). */
export interface PaceCaller {
  readonly me: Holder;
  /** Crews take turns; agents of one crew wait in one line. */
  readonly crew: string;
  readonly isAlive: (holder: Holder) => boolean;
  readonly nowMs: () => number;
}

/** Whether a request may be sent now; where not, when to ask again. */
export type Turn =
  | { readonly admitted: true; readonly ticket: number | undefined }
  | { readonly admitted: false; readonly ticket: number; readonly waitMs: number };

/** Time between two looks where what is waited for has no time of its own (ms). */
const POLL_MS = 100;
/** What is granted counts against a limit until the server's next word, and so long at most (ms). */
const UNCOUNTED_MS = 60_000;
/** What is set later than now was set before the clock was put back: it says nothing any more. */
const CLOCK_SLACK_MS = 2_000;
/** Share of the last request in what the next one is expected to take. */
const MEAN_WEIGHT = 0.2;
/** What a request is expected to take before one was seen (tokens). */
const FIRST_MEAN: Mean = { input: 2_000, output: 500 };
/** Grants at one look. */
const MAX_GRANTS = 1_000;

interface Mean {
  readonly input: number;
  readonly output: number;
}

interface RateRow {
  readonly kind: RateKind;
  readonly allowed: number;
  readonly remaining: number;
  readonly seen_at: number;
  readonly full_at: number;
}

const IS_BOUND = `
SELECT EXISTS (SELECT 1 FROM rate WHERE model = :model) OR EXISTS (SELECT 1 FROM hold WHERE model = :model)
    OR EXISTS (SELECT 1 FROM turn WHERE model = :model AND granted_at IS NULL) AS bound`;
const LIST_OTHERS =
  "SELECT DISTINCT pid, start_time AS startTime, '' AS owner FROM turn WHERE pid <> ? OR start_time <> ?";
const DROP_TURNS = "DELETE FROM turn WHERE pid = ? AND start_time = ?";
const DROP_LATER_RATES = "DELETE FROM rate WHERE model = ? AND seen_at > ?";
const DROP_LATER_HOLD = "DELETE FROM hold WHERE model = ? AND set_at > ?";
const JOIN_LINE = "INSERT INTO turn (model, crew, pid, start_time) VALUES (?, ?, ?, ?) RETURNING ticket";
const READ_TURN = "SELECT granted_at FROM turn WHERE ticket = ?";
const LEAVE = "DELETE FROM turn WHERE ticket = ? RETURNING model";
/** The crew that was served longest ago comes first; within it, who came first. */
const NEXT_IN_LINE = `
SELECT ticket, crew FROM turn LEFT JOIN crew USING (crew) WHERE model = ? AND granted_at IS NULL
 ORDER BY coalesce(served, 0), ticket LIMIT 1`;
const GRANT = "UPDATE turn SET granted_at = ? WHERE ticket = ?";
const NOTE_SERVED = `
INSERT INTO crew (crew, served) VALUES (:crew, (SELECT coalesce(max(served), 0) + 1 FROM crew))
  ON CONFLICT (crew) DO UPDATE SET served = excluded.served`;
const READ_HOLD = `
SELECT until, EXISTS (SELECT 1 FROM turn WHERE ticket = probe) AS probed FROM hold WHERE model = ?`;
const NOTE_PROBE = "UPDATE hold SET probe = ? WHERE model = ?";
const DROP_HOLD = "DELETE FROM hold WHERE model = ? AND until <= ?";
const HOLD = `
INSERT INTO hold (model, set_at, until) VALUES (?, ?, ?)
  ON CONFLICT (model) DO UPDATE SET set_at = excluded.set_at, until = max(until, excluded.until), probe = NULL`;
const READ_RATES = "SELECT kind, allowed, remaining, seen_at, full_at FROM rate WHERE model = ?";
const PUT_RATE = `
INSERT INTO rate (model, kind, allowed, remaining, seen_at, full_at) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET allowed = excluded.allowed, remaining = excluded.remaining, seen_at = excluded.seen_at,
  full_at = excluded.full_at`;
const COUNT_GRANTED = "UPDATE turn SET counted = 1 WHERE model = ? AND granted_at IS NOT NULL";
const UNCOUNTED = "SELECT count(*) AS n FROM turn WHERE model = ? AND counted = 0 AND granted_at > ?";
const READ_MEAN = "SELECT input, output FROM mean WHERE model = ?";
const PUT_MEAN = `
INSERT INTO mean (model, input, output) VALUES (?, ?, ?)
  ON CONFLICT (model) DO UPDATE SET input = excluded.input, output = excluded.output`;

/**
 * Asks for the right to send a request, first or again. Free where nothing is known of the model's limits. Whoever asks
 * lets in all whose turn has come, also of other processes: each learns it when it asks again.
 */
export function askTurn(db: Connection, model: string, ticket: number | undefined, caller: PaceCaller): Turn {
  if (ticket === undefined && db.get<{ bound: number }>(IS_BOUND, { model })?.bound !== 1)
    return { admitted: true, ticket: undefined };
  return db.database
    .transaction((): Turn => {
      const nowMs = caller.nowMs();
      dropStale(db, model, { ...caller, nowMs });
      const mine = ticket !== undefined && isKnown(db, ticket) ? ticket : joinLine(db, model, caller);
      const waitMs = grant(db, model, nowMs);
      const granted = db.get<{ granted_at: number | null }>(READ_TURN, [mine])?.granted_at ?? null;
      return granted === null ? { admitted: false, ticket: mine, waitMs } : { admitted: true, ticket: mine };
    })
    .immediate();
}

function isKnown(db: Connection, ticket: number): boolean {
  return db.get(READ_TURN, [ticket]) !== undefined;
}

function joinLine(db: Connection, model: string, { crew, me }: PaceCaller): number {
  const row = db.get<{ ticket: number }>(JOIN_LINE, [model, crew, me.pid, me.startTime]);
  assert(row !== undefined, "a turn just made is there");
  return row.ticket;
}

/** Dead processes leave the line, and what they had under way lapses. */
function dropStale(
  db: Connection,
  model: string,
  { me, isAlive, nowMs }: { me: Holder; isAlive: (holder: Holder) => boolean; nowMs: number },
): void {
  for (const other of db.all<Holder>(LIST_OTHERS, [me.pid, me.startTime]))
    if (!isAlive(other)) db.run(DROP_TURNS, [other.pid, other.startTime]);
  db.run(DROP_LATER_RATES, [model, nowMs + CLOCK_SLACK_MS]);
  db.run(DROP_LATER_HOLD, [model, nowMs + CLOCK_SLACK_MS]);
}

/** Lets in whom the limits allow; answers how long the next must wait (ms). */
function grant(db: Connection, model: string, nowMs: number): number {
  for (let granted = 0; granted < MAX_GRANTS; granted += 1) {
    const next = db.get<{ ticket: number; crew: string }>(NEXT_IN_LINE, [model]);
    if (next === undefined) return POLL_MS;
    const hold = db.get<{ until: number; probed: number }>(READ_HOLD, [model]);
    const waitMs = hold === undefined ? waitForRates(db, model, nowMs) : waitForHold(hold, nowMs);
    if (waitMs > 0) return waitMs;
    db.run(GRANT, [nowMs, next.ticket]);
    db.run(NOTE_SERVED, { crew: next.crew });
    if (hold !== undefined) db.run(NOTE_PROBE, [next.ticket, model]);
  }
  return POLL_MS;
}

/** After a hold, one request goes first; the others wait for what becomes of it. */
function waitForHold(hold: { until: number; probed: number }, nowMs: number): number {
  if (nowMs < hold.until) return hold.until - nowMs;
  return hold.probed === 1 ? POLL_MS : 0;
}

function waitForRates(db: Connection, model: string, nowMs: number): number {
  const rates = db.all<RateRow>(READ_RATES, [model]);
  if (rates.length === 0) return 0;
  const underWay = db.get<{ n: number }>(UNCOUNTED, [model, nowMs - UNCOUNTED_MS])?.n ?? 0;
  const mean = db.get<Mean>(READ_MEAN, [model]) ?? FIRST_MEAN;
  return Math.max(...rates.map((rate) => waitForRate(rate, { underWay, mean, nowMs })));
}

/** A limit fills evenly up to the time the server gave. */
function waitForRate(rate: RateRow, at: { underWay: number; mean: Mean; nowMs: number }): number {
  const each = Math.min(needOf(rate.kind, at.mean), rate.allowed);
  const spanMs = rate.full_at - rate.seen_at;
  const perMs = spanMs > 0 ? (rate.allowed - rate.remaining) / spanMs : 0;
  const filled = at.nowMs >= rate.full_at ? rate.allowed : rate.remaining + perMs * (at.nowMs - rate.seen_at);
  const missing = each * (at.underWay + 1) - filled;
  if (missing <= 0) return 0;
  return perMs > 0 ? Math.max(1, Math.ceil(missing / perMs)) : POLL_MS;
}

function needOf(kind: RateKind, mean: Mean): number {
  const needs = { requests: 1, input: mean.input, output: mean.output, tokens: mean.input + mean.output };
  return needs[kind];
}

/** Notes what the head of a response says. A good one ends a hold whose time is over. */
export function noteHead(
  db: Connection,
  model: string,
  head: { ok: boolean; rates: readonly RateReading[]; nowMs: number },
): void {
  const { ok, rates, nowMs } = head;
  if (rates.length === 0 && db.get<{ bound: number }>(IS_BOUND, { model })?.bound !== 1) return;
  db.database
    .transaction(() => {
      for (const { kind, allowed, remaining, fullInMs } of rates)
        db.run(PUT_RATE, [model, kind, allowed, Math.min(allowed, remaining), nowMs, nowMs + fullInMs]);
      if (rates.length > 0) db.run(COUNT_GRANTED, [model]);
      if (ok) db.run(DROP_HOLD, [model, nowMs]);
    })
    .immediate();
}

/** Holds all requests to a model for a time: a server asked for it. */
export function holdModel(db: Connection, model: string, hold: { nowMs: number; forMs: number }): void {
  db.run(HOLD, [model, hold.nowMs, hold.nowMs + hold.forMs]);
}

/** Ends a turn, waiting or under way; `used` is what its reply took. */
export function endTurn(db: Connection, ticket: number, used: Mean | undefined): void {
  db.database
    .transaction(() => {
      const model = db.get<{ model: string }>(LEAVE, [ticket])?.model;
      if (model === undefined || used === undefined) return;
      const mean = db.get<Mean>(READ_MEAN, [model]) ?? used;
      const next = (before: number, now: number): number => before + MEAN_WEIGHT * (now - before);
      db.run(PUT_MEAN, [model, next(mean.input, used.input), next(mean.output, used.output)]);
    })
    .immediate();
}
