import type { Connection } from "../connection.js";
import type { Holder } from "../lease.js";

/** A person's limit over all crews of a key, and what counts against it. Amounts are nano-dollars. */
export interface Cap {
  readonly allowed: number;
  readonly spent: number;
  readonly reserved: number;
  /** Epoch milliseconds. */
  readonly setAt: number;
  readonly setBy: string;
}

/** An amount that is charged until it is closed, or what is left where it does not fit. */
export type CapCharge = { readonly id: number } | { readonly left: number };

const READ_CAP = `
SELECT allowed, spent, set_at AS setAt, set_by AS setBy, (SELECT coalesce(sum(amount), 0) FROM reserved) AS reserved
  FROM cap`;
const SET_CAP = `
INSERT INTO cap (id, allowed, spent, set_at, set_by) VALUES (1, ?, 0, ?, ?)
  ON CONFLICT (id) DO UPDATE SET allowed = excluded.allowed, spent = 0, set_at = excluded.set_at, set_by = excluded.set_by`;
const DROP_CAP = "DELETE FROM cap";
const LIST_OTHERS =
  "SELECT DISTINCT pid, start_time AS startTime, '' AS owner FROM reserved WHERE pid <> ? OR start_time <> ?";
const CHARGE_DEAD = `
UPDATE cap SET spent = spent + (SELECT coalesce(sum(amount), 0) FROM reserved WHERE pid = ? AND start_time = ?)`;
const DROP_DEAD = "DELETE FROM reserved WHERE pid = ? AND start_time = ?";
const RESERVE = "INSERT INTO reserved (amount, pid, start_time) VALUES (?, ?, ?) RETURNING id";
const CLOSE = "DELETE FROM reserved WHERE id = ? AND pid = ? AND start_time = ?";
const SPEND = "UPDATE cap SET spent = spent + ?";

/** The cap, or undefined where nobody set one. */
export function readCap(db: Connection): Cap | undefined {
  return db.get<Cap>(READ_CAP);
}

/** Sets the cap, counting from now, or drops it (null). */
export function setCap(db: Connection, cap: { allowed: number; atMs: number; by: string } | null): void {
  if (cap === null) db.run(DROP_CAP);
  else db.run(SET_CAP, [cap.allowed, cap.atMs, cap.by]);
}

/**
 * Charges an amount against the cap, or says what is left. Undefined where there is no cap. What a dead process had
 * under way counts as spent: the server may have done the work. On disk before it returns.
 */
export function chargeCap(
  db: Connection,
  amount: number,
  by: { me: Holder; isAlive: (holder: Holder) => boolean },
): CapCharge | undefined {
  if (readCap(db) === undefined) return undefined;
  db.database.pragma("synchronous = FULL");
  return db.database
    .transaction(() => {
      spendForDead(db, by);
      const cap = readCap(db);
      if (cap === undefined) return undefined;
      const left = cap.allowed - cap.spent - cap.reserved;
      if (amount > left) return { left: Math.max(0, left) };
      return db.get<{ id: number }>(RESERVE, [amount, by.me.pid, by.me.startTime]);
    })
    .immediate();
}

function spendForDead(db: Connection, { me, isAlive }: { me: Holder; isAlive: (holder: Holder) => boolean }): void {
  for (const other of db.all<Holder>(LIST_OTHERS, [me.pid, me.startTime])) {
    if (isAlive(other)) continue;
    db.run(CHARGE_DEAD, [other.pid, other.startTime]);
    db.run(DROP_DEAD, [other.pid, other.startTime]);
  }
}

/** Replaces a charge of this process by what it came to (0: nothing was done for it). */
export function closeCharge(db: Connection, id: number, spent: { amount: number; me: Holder }): void {
  db.database
    .transaction(() => {
      if (db.run(CLOSE, [id, spent.me.pid, spent.me.startTime]) === 1 && spent.amount > 0)
        db.run(SPEND, [spent.amount]);
    })
    .immediate();
}
