import fc from "fast-check";
import { expect, it } from "vitest";
import { createGovernor, type Governor, type Reservation } from "../../src/model/governor.js";

/** One step of a caller: ask for a worst case, then end it in some way at some later time. */
const stepArbitrary = fc.record({
  caller: fc.nat(3),
  usd: fc.double({ min: 0, max: 0.5, noNaN: true }),
  tokens: fc.nat(500),
  /** Share of the worst case that the reply cost. */
  share: fc.double({ min: 0, max: 1, noNaN: true }),
  end: fc.constantFrom("settle", "keep", "release", "leave"),
  /** Steps of others that pass in between. */
  delay: fc.nat(5),
});
type Step = typeof stepArbitrary extends fc.Arbitrary<infer T> ? T : never;

interface Pending {
  readonly step: Step;
  readonly governor: Governor;
  readonly reservation: Reservation;
  readonly due: number;
}

/** Ends a request; returns the most it may really have cost. */
function end({ step, governor, reservation }: Pending): { usd: number; tokens: number } {
  const actual = { usd: step.usd * step.share, tokens: Math.floor(step.tokens * step.share) };
  if (step.end === "settle") {
    governor.settle(reservation, actual);
    return actual;
  }
  if (step.end === "release") {
    governor.release(reservation);
    return { usd: 0, tokens: 0 };
  }
  if (step.end === "keep") governor.keepCharged(reservation);
  return { usd: step.usd, tokens: step.tokens };
}

function run(plan: Governor, tasks: readonly Governor[], steps: readonly Step[]) {
  let pending: Pending[] = [];
  const cost = { usd: 0, tokens: 0 };
  const finish = (due: Pending[]): void => {
    for (const item of due) {
      const paid = end(item);
      cost.usd += paid.usd;
      cost.tokens += paid.tokens;
    }
  };
  for (const [now, step] of steps.entries()) {
    finish(pending.filter((item) => item.due <= now));
    pending = pending.filter((item) => item.due > now);
    const governor = tasks[step.caller] ?? plan;
    const result = governor.reserve({ usd: step.usd, tokens: step.tokens });
    if (result.ok) pending.push({ step, governor, reservation: result.value, due: now + step.delay });
  }
  finish(pending);
  return cost;
}

it("never spends over the budget, whatever the order of reservations, replies and failures of parallel callers", () => {
  fc.assert(
    fc.property(
      fc.array(stepArbitrary, { maxLength: 80 }),
      fc.double({ min: 0, max: 3, noNaN: true }),
      fc.nat(3_000),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (steps, usd, tokens, taskUsd) => {
        const plan = createGovernor({ usd, tokens });
        const tasks = [0, 1, 2].map(() => createGovernor({ usd: taskUsd, tokens: null, parent: plan }));
        const cost = run(plan, tasks, steps);
        expect(cost.usd).toBeLessThanOrEqual(usd + 1e-9);
        expect(cost.tokens).toBeLessThanOrEqual(tokens);
        const totals = plan.totals();
        expect(totals.usd.reserved + totals.usd.spent).toBeLessThanOrEqual(usd + 1e-9);
        expect(totals.usd.reserved + totals.usd.spent).toBeGreaterThanOrEqual(cost.usd - 1e-7);
        expect(totals.tokens.reserved + totals.tokens.spent).toBe(cost.tokens);
        for (const task of tasks) {
          const { usd: own } = task.totals();
          expect(own.reserved + own.spent).toBeLessThanOrEqual(taskUsd + 1e-9);
        }
      },
    ),
  );
});

it("stands after a restart where it stood before, seeded from the totals", () => {
  fc.assert(
    fc.property(fc.array(stepArbitrary, { maxLength: 40 }), (steps) => {
      const before = createGovernor({ usd: 2, tokens: 2_000 });
      run(before, [], steps);
      const { usd, tokens } = before.totals();
      const after = createGovernor({
        usd: 2,
        tokens: 2_000,
        spent: { usd: usd.spent, tokens: tokens.spent },
        reserved: { usd: usd.reserved, tokens: tokens.reserved },
      });
      expect(after.totals()).toEqual(before.totals());
    }),
  );
});
