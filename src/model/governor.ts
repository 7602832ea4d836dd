import { assert } from "../kernel/assert.js";
import { err, ok, type Result } from "../kernel/result.js";
import type { WorstCase } from "./prices.js";

/** Limits and what is charged against them already. Null is no limit. */
export interface GovernorOptions {
  readonly usd: number | null;
  readonly tokens: number | null;
  /** Settled spending and reservations that stay charged, from the store, on resume. */
  readonly spent?: Amount;
  readonly reserved?: Amount;
  /** A wider budget that bounds this one too, for example the plan's above a task's. */
  readonly parent?: ParentBudget;
}

/** Money in US dollars and tokens. */
export interface Amount {
  readonly usd: number;
  readonly tokens: number;
}

/** What one request may cost at most, charged until it is settled, kept or released; each once. */
export interface Reservation {
  readonly usd: number;
  readonly tokens: number;
}

/** Why a request is not sent. */
export interface BudgetRefusal {
  readonly unit: "usd" | "tokens";
  /** The request's worst case; null for money when the model has no price. */
  readonly needed: number | null;
  readonly left: number;
  readonly message: string;
}

/** One unit's books. `left` is null without a limit. */
export interface UnitTotals {
  readonly limit: number | null;
  readonly reserved: number;
  readonly spent: number;
  readonly left: number | null;
}

/** A budget that requests are charged to. */
export interface ParentBudget {
  /** Charges the worst case here and in every wider budget, or charges nothing and says why. */
  reserve(worst: WorstCase): Result<Reservation, BudgetRefusal>;
  /** Replaces a reservation by what the reply cost. */
  settle(reservation: Reservation, actual: Amount): void;
  /** Leaves a reservation charged for good: an attempt whose cost is not known. */
  keepCharged(reservation: Reservation): void;
  /** Drops a reservation: nothing was done for it. */
  release(reservation: Reservation): void;
}

/**
 * Keeps spending within a budget: the worst case is reserved before a request is sent, and settled
 * by what it did cost. Synchronous, so that parallel callers cannot pass between check and charge.
 */
export interface Governor extends ParentBudget {
  /** Raises the limits that exist (`worknode budget add`). */
  add(more: Amount): void;
  totals(): { readonly usd: UnitTotals; readonly tokens: UnitTotals };
}

/** One unit's account. Money is kept in nano-dollars, so that sums are exact. */
interface Account {
  limit: number | null;
  reserved: number;
  spent: number;
}

interface Books {
  readonly usd: Account;
  readonly tokens: Account;
}

const NOTHING: Amount = { usd: 0, tokens: 0 };
/** Nano-dollars in a dollar. */
export const NANO = 1_000_000_000;
/** Slack for what binary fractions add to an exact figure (nano-dollars), before rounding up. */
const ROUNDING = 1e-4;

/** An open reservation's counterpart in the wider budget, if there is one. */
type OpenReservations = Map<Reservation, Reservation | undefined>;

/** Opens the books of a budget. */
export function createGovernor(options: GovernorOptions): Governor {
  const books = openBooks(options);
  const open: OpenReservations = new Map();
  const { parent } = options;

  function reserve(worst: WorstCase): Result<Reservation, BudgetRefusal> {
    const refusal = refuse(books, worst);
    if (refusal !== undefined) return err(refusal);
    const above = parent?.reserve(worst);
    if (above?.ok === false) return above;
    const reservation: Reservation = Object.freeze({ usd: worst.usd ?? 0, tokens: worst.tokens });
    open.set(reservation, above?.value);
    books.usd.reserved += nano(reservation.usd);
    books.tokens.reserved += reservation.tokens;
    return ok(reservation);
  }

  /** Closes a reservation here and, by `inParent`, in the wider budget. */
  function close(reservation: Reservation, inParent: (above: Reservation) => void): void {
    assert(open.has(reservation), "a reservation is closed once, by the governor that made it");
    const above = open.get(reservation);
    open.delete(reservation);
    if (above !== undefined) inParent(above);
  }

  return {
    reserve,
    settle(reservation, actual) {
      close(reservation, (above) => parent?.settle(above, actual));
      uncharge(books, reservation);
      books.usd.spent += nano(actual.usd);
      books.tokens.spent += actual.tokens;
    },
    keepCharged: (reservation) => close(reservation, (above) => parent?.keepCharged(above)),
    release(reservation) {
      close(reservation, (above) => parent?.release(above));
      uncharge(books, reservation);
    },
    add: (more) => raise(books, more),
    totals: () => ({ usd: totalsOf(books.usd, NANO), tokens: totalsOf(books.tokens, 1) }),
  };
}

function openBooks(options: GovernorOptions): Books {
  const { usd, tokens, reserved = NOTHING, spent = NOTHING } = options;
  return {
    usd: { limit: usd === null ? null : nanoLimit(usd), reserved: nano(reserved.usd), spent: nano(spent.usd) },
    tokens: { limit: tokens, reserved: reserved.tokens, spent: spent.tokens },
  };
}

function uncharge(books: Books, reservation: Reservation): void {
  books.usd.reserved -= nano(reservation.usd);
  books.tokens.reserved -= reservation.tokens;
}

function raise(books: Books, more: Amount): void {
  if (books.usd.limit !== null) books.usd.limit += nanoLimit(more.usd);
  if (books.tokens.limit !== null) books.tokens.limit += more.tokens;
}

/** Dollars as nano-dollars, rounded up: a charge is never less than the cost. */
export function nano(usd: number): number {
  return Math.max(0, Math.ceil(usd * NANO - ROUNDING));
}

/** Dollars as nano-dollars, rounded down: a limit is never more than was said. */
export function nanoLimit(usd: number): number {
  return Math.floor(usd * NANO + ROUNDING);
}

function leftOf(account: Account): number {
  return (account.limit ?? Number.POSITIVE_INFINITY) - account.reserved - account.spent;
}

function refuse({ usd, tokens }: Books, worst: WorstCase): BudgetRefusal | undefined {
  const leftUsd = Math.max(0, leftOf(usd)) / NANO;
  if (worst.usd === null && usd.limit !== null)
    return { unit: "usd", needed: null, left: leftUsd, message: "the model has no price, and a money budget is set" };
  if (worst.usd !== null && nano(worst.usd) > leftOf(usd)) return refusal("usd", worst.usd, leftUsd);
  if (worst.tokens > leftOf(tokens)) return refusal("tokens", worst.tokens, Math.max(0, leftOf(tokens)));
  return undefined;
}

function refusal(unit: "usd" | "tokens", needed: number, left: number): BudgetRefusal {
  const say = (amount: number): string => (unit === "usd" ? `$${amount.toFixed(4)}` : `${amount} tokens`);
  return { unit, needed, left, message: `the request could cost ${say(needed)}; ${say(left)} of the budget are left` };
}

function totalsOf(account: Account, scale: number): UnitTotals {
  return {
    limit: account.limit === null ? null : account.limit / scale,
    reserved: account.reserved / scale,
    spent: account.spent / scale,
    left: account.limit === null ? null : Math.max(0, leftOf(account)) / scale,
  };
}
