import { err, ok } from "../kernel/result.js";
import { chargeCap, closeCharge } from "../store/allowance/money.js";
import type { Holder } from "../store/lease.js";
import type { AllowanceFile } from "./allowance-file.js";
import { type Amount, type BudgetRefusal, NANO, nano, type ParentBudget, type Reservation } from "./governor.js";
import type { WorstCase } from "./prices.js";

/**
 * The cap over all crews of a key as a budget above the plans': what is charged is on disk before a request is sent.
 * Every method may throw a Fault of the file; then nothing is sent.
 */
export function sharedBudget(
  file: AllowanceFile,
  who: { me: Holder; isAlive: (holder: Holder) => boolean },
): ParentBudget {
  /** Charges that count against the cap; none for those made while there was no cap. */
  const charges = new Map<Reservation, number>();

  function close(reservation: Reservation, amount: number): void {
    const id = charges.get(reservation);
    charges.delete(reservation);
    if (id !== undefined) file.guard(() => closeCharge(file.made(), id, { amount, me: who.me }));
  }

  return {
    reserve(worst) {
      const db = file.ifThere();
      const reservation: Reservation = Object.freeze({ usd: worst.usd ?? 0, tokens: worst.tokens });
      const charge = db === undefined ? undefined : file.guard(() => chargeCap(db, chargeOf(worst), who));
      if (charge === undefined) return ok(reservation);
      if ("left" in charge) return err(refusalOf(worst, charge.left / NANO));
      charges.set(reservation, charge.id);
      return ok(reservation);
    },
    settle: (reservation, actual: Amount) => close(reservation, nano(actual.usd)),
    keepCharged: (reservation) => close(reservation, nano(reservation.usd)),
    release: (reservation) => close(reservation, 0),
  };
}

/** A model without a price fits no cap. */
function chargeOf(worst: WorstCase): number {
  return worst.usd === null ? Number.MAX_SAFE_INTEGER : nano(worst.usd);
}

function refusalOf(worst: WorstCase, left: number): BudgetRefusal {
  const why =
    worst.usd === null
      ? "the model has no price"
      : `the request could cost $${worst.usd.toFixed(4)}; $${left.toFixed(4)} are left`;
  const message = `${why} under the cap over all crews of this key. \`worknode budget cap\` shows and sets it`;
  return { unit: "usd", needed: worst.usd, left, message };
}
