import { expect, it } from "vitest";
import { createGovernor } from "../../../src/model/governor.js";

function reserved(result: ReturnType<ReturnType<typeof createGovernor>["reserve"]>) {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

it("charges the worst case first and what it cost afterwards, reserved and spent apart", () => {
  const governor = createGovernor({ usd: 1, tokens: 1_000 });
  const one = reserved(governor.reserve({ usd: 0.6, tokens: 600 }));
  expect(governor.totals()).toEqual({
    usd: { limit: 1, reserved: 0.6, spent: 0, left: 0.4 },
    tokens: { limit: 1_000, reserved: 600, spent: 0, left: 400 },
  });
  governor.settle(one, { usd: 0.1, tokens: 50 });
  expect(governor.totals()).toEqual({
    usd: { limit: 1, reserved: 0, spent: 0.1, left: 0.9 },
    tokens: { limit: 1_000, reserved: 0, spent: 50, left: 950 },
  });
});

it("refuses a request that could overrun, in either unit, and charges nothing for it", () => {
  const governor = createGovernor({ usd: 1, tokens: 1_000 });
  reserved(governor.reserve({ usd: 0.5, tokens: 500 }));
  expect(governor.reserve({ usd: 0.51, tokens: 1 })).toEqual({
    ok: false,
    error: {
      unit: "usd",
      needed: 0.51,
      left: 0.5,
      message: "the request could cost $0.5100; $0.5000 of the budget are left",
    },
  });
  expect(governor.reserve({ usd: 0, tokens: 501 })).toMatchObject({
    error: { unit: "tokens", needed: 501, left: 500, message: expect.stringContaining("500 tokens of the budget") },
  });
  expect(governor.totals().usd.reserved).toBe(0.5);
  expect(governor.reserve({ usd: 0.5, tokens: 500 }).ok).toBe(true);
});

it("refuses a model without a price only where money is limited", () => {
  const noPrice = { usd: null, tokens: 10 };
  expect(createGovernor({ usd: 1, tokens: null }).reserve(noPrice)).toMatchObject({
    error: { unit: "usd", needed: null, left: 1, message: expect.stringContaining("no price") },
  });
  const governor = createGovernor({ usd: null, tokens: null });
  expect(governor.reserve(noPrice).ok).toBe(true);
  expect(governor.totals()).toEqual({
    usd: { limit: null, reserved: 0, spent: 0, left: null },
    tokens: { limit: null, reserved: 10, spent: 0, left: null },
  });
});

it("keeps the reservation of an attempt of unknown cost, and drops that of one that was never made", () => {
  const governor = createGovernor({ usd: 1, tokens: 100 });
  governor.keepCharged(reserved(governor.reserve({ usd: 0.3, tokens: 30 })));
  governor.release(reserved(governor.reserve({ usd: 0.3, tokens: 30 })));
  expect(governor.totals().usd).toEqual({ limit: 1, reserved: 0.3, spent: 0, left: 0.7 });
});

it("closes a reservation once", () => {
  const governor = createGovernor({ usd: 1, tokens: 100 });
  const one = reserved(governor.reserve({ usd: 0.3, tokens: 30 }));
  governor.release(one);
  expect(() => governor.release(one)).toThrow("invariant broken");
  expect(() => governor.settle(one, { usd: 0, tokens: 0 })).toThrow("invariant broken");
  expect(() => governor.keepCharged({ usd: 0, tokens: 0 })).toThrow("invariant broken");
});

it("starts from what the store says was spent and reserved", () => {
  const governor = createGovernor({
    usd: 1,
    tokens: 100,
    spent: { usd: 0.2, tokens: 20 },
    reserved: { usd: 0.1, tokens: 10 },
  });
  expect(governor.totals().usd).toEqual({ limit: 1, reserved: 0.1, spent: 0.2, left: 0.7 });
  expect(governor.reserve({ usd: 0.71, tokens: 1 }).ok).toBe(false);
});

it("goes on after a person adds to the budget, and says nothing is left when it was overrun before", () => {
  const governor = createGovernor({ usd: 1, tokens: 10, spent: { usd: 1.5, tokens: 15 } });
  expect(governor.totals().usd.left).toBe(0);
  expect(governor.reserve({ usd: 0, tokens: 1 })).toMatchObject({ error: { left: 0 } });
  governor.add({ usd: 1, tokens: 10 });
  expect(governor.totals().usd.left).toBe(0.5);
  expect(governor.reserve({ usd: 0.5, tokens: 5 }).ok).toBe(true);
  const unlimited = createGovernor({ usd: null, tokens: null });
  unlimited.add({ usd: 1, tokens: 1 });
  expect(unlimited.totals().usd.limit).toBeNull();
});

it("charges a task's requests to its own budget and the plan's, or to neither", () => {
  const plan = createGovernor({ usd: 1, tokens: 100 });
  const task = createGovernor({ usd: 0.8, tokens: null, parent: plan });
  const other = createGovernor({ usd: 0.8, tokens: null, parent: plan });
  const one = reserved(task.reserve({ usd: 0.6, tokens: 60 }));
  expect(plan.totals().usd.reserved).toBe(0.6);
  expect(other.reserve({ usd: 0.5, tokens: 1 })).toMatchObject({ error: { unit: "usd", left: 0.4 } });
  expect(other.totals().usd.reserved).toBe(0);
  expect(task.reserve({ usd: 0.3, tokens: 1 }).ok).toBe(false);
  expect(plan.totals().usd.reserved).toBe(0.6);
  task.settle(one, { usd: 0.2, tokens: 20 });
  task.release(reserved(task.reserve({ usd: 0.1, tokens: 1 })));
  task.keepCharged(reserved(task.reserve({ usd: 0.1, tokens: 1 })));
  expect(plan.totals().usd).toEqual({ limit: 1, reserved: 0.1, spent: 0.2, left: 0.7 });
  expect(task.totals().usd).toEqual({ limit: 0.8, reserved: 0.1, spent: 0.2, left: 0.5 });
});

it("adds exactly: ten times ten cents are one dollar", () => {
  const governor = createGovernor({ usd: 1, tokens: null });
  for (let n = 0; n < 10; n += 1) reserved(governor.reserve({ usd: 0.1, tokens: 1 }));
  expect(governor.totals().usd.left).toBe(0);
  expect(governor.reserve({ usd: 0.000000001, tokens: 1 }).ok).toBe(false);
});
