import type { Clock } from "../kernel/clock.js";
import { messageOf } from "../kernel/fault.js";
import { askTurn, endTurn, holdModel, noteHead, type Turn } from "../store/allowance/pace.js";
import type { Holder } from "../store/lease.js";
import type { AllowanceFile } from "./allowance-file.js";
import type { ModelFailure } from "./failure.js";
import { readRates } from "./rate-headers.js";
import type { ResponseHead } from "./request.js";

/** The right to send one request; ended once its reply is whole or has failed. */
export interface PaceTurn {
  /** Ends it; `used` is what the reply took (tokens). Harmless when repeated. */
  end(used?: { input: number; output: number }): void;
}

/** How a caller waits. */
export interface PaceWait {
  readonly signal: AbortSignal;
  /** Asked between looks: the wait ends early, and the caller says why. */
  readonly isOver: () => boolean;
  /** Told once, when the wait is a long one (ms). */
  readonly onLongWait: (waitMs: number) => void;
}

/** Keeps the requests of all crews under one key within what the server allows. */
export interface Pace {
  /** Resolves when a request to the model may be sent, or when the wait is over before. Rejects with what `onLongWait` throws. */
  turn(model: string, wait: PaceWait): Promise<PaceTurn>;
  /** Notes what a response's head says of the limits. */
  head(model: string, head: ResponseHead): void;
  /** Notes a failure: where the server asked for a wait, every crew waits. */
  failed(model: string, failure: ModelFailure): void;
}

/** What a pace is made of. */
export interface PaceParts {
  readonly me: Holder;
  readonly isAlive: (holder: Holder) => boolean;
  readonly crew: string;
  readonly clock: Clock;
  readonly warn: (message: string) => void;
}

/** Longest time between two looks (ms): meanwhile others may have learned more. */
const MAX_LOOK_MS = 1_000;
/** A wait that is told (ms). */
const LONG_WAIT_MS = 5_000;
/** Wait after a 429 that names none (ms). */
const UNNAMED_HOLD_MS = 1_000;
/** Longest wait taken from a server (ms); after it, one request tries. */
const MAX_HOLD_MS = 60 * 60_000;

/**
 * Makes the pace of one process. The server is the authority on its limits and what is kept here only spares it and
 * the crews refusals: where the file fails, requests go on without it, and that is told once.
 */
export function createPace(file: AllowanceFile, parts: PaceParts): Pace {
  const { clock } = parts;
  const caller = { ...parts, nowMs: () => clock.nowMs() };
  const attempt = untilItFails(file, parts.warn);
  const free: Turn = { admitted: true, ticket: undefined };
  function ask(model: string, ticket: number | undefined): Turn {
    return attempt(() => {
      const db = file.ifThere();
      return db === undefined ? free : askTurn(db, model, ticket, caller);
    }, free);
  }

  function turnOf(ticket: number | undefined): PaceTurn {
    let open = ticket;
    return {
      end(used) {
        const mine = open;
        open = undefined;
        if (mine !== undefined) attempt(() => endTurn(file.made(), mine, used), undefined);
      },
    };
  }

  return {
    async turn(model, wait) {
      let turn = ask(model, undefined);
      let told = false;
      while (!turn.admitted && !wait.isOver()) {
        if (turn.waitMs >= LONG_WAIT_MS && !told) wait.onLongWait(turn.waitMs);
        told ||= turn.waitMs >= LONG_WAIT_MS;
        if (!(await slept(clock, Math.min(turn.waitMs, MAX_LOOK_MS), wait.signal))) break;
        turn = ask(model, turn.ticket);
      }
      return turnOf(turn.ticket);
    },
    head(model, { status, headers }) {
      const nowMs = clock.nowMs();
      const head = { ok: status < 300, rates: readRates(headers, nowMs), nowMs };
      attempt(() => {
        const db = head.rates.length > 0 ? file.made() : file.ifThere();
        if (db !== undefined) noteHead(db, model, head);
      }, undefined);
    },
    failed(model, failure) {
      const forMs = failure.retryAfterMs ?? (failure.failure_class === "rate_limit" ? UNNAMED_HOLD_MS : 0);
      if (forMs <= 0 || failure.retry === "never") return;
      const hold = { nowMs: clock.nowMs(), forMs: Math.min(forMs, MAX_HOLD_MS) };
      attempt(() => holdModel(file.made(), model, hold), undefined);
    },
  };
}

/** Does what a file is asked for until that fails once: this is told, and from then on the answer is `otherwise`. */
function untilItFails(file: AllowanceFile, warn: PaceParts["warn"]): <T>(work: () => T, otherwise: T) => T {
  let lost = false;
  return (work, otherwise) => {
    if (lost) return otherwise;
    try {
      return file.guard(work);
    } catch (thrown) {
      lost = true;
      warn(`requests go on without knowing of other crews' rates: ${messageOf(thrown)}`);
      return otherwise;
    }
  };
}

/** False when the signal ended the wait. */
async function slept(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await clock.sleep(ms, signal);
    return true;
  } catch {
    return false;
  }
}
