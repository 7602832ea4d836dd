import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_HLC_DRIFT_MS } from "../../src/kernel/bounds.js";
import { createHybridClock } from "../../src/kernel/hlc.js";

const START_MS = Date.UTC(2026, 0, 1);
/** A message from one machine to another, and how far their clocks are off. */
const messages = fc.array(fc.record({ from: fc.nat(2), to: fc.nat(2), gapMs: fc.nat(50) }), { maxLength: 60 });
const skews = fc.tuple(fc.nat(30_000), fc.nat(30_000), fc.nat(30_000));

/** A machine whose wall clock is `skewMs` fast. */
function machine(node: string, skewMs: number) {
  const clock = createHybridClock(node, MAX_HLC_DRIFT_MS);
  return {
    send: (nowMs: number) => clock.tick(nowMs + skewMs),
    receive(stamp: string, nowMs: number) {
      expect(clock.observe(stamp, nowMs + skewMs)).toEqual({ ok: true, value: undefined });
      return clock.tick(nowMs + skewMs);
    },
  };
}

describe("hybrid logical clock", () => {
  it("orders a message's sending before its receipt, however the clocks are skewed", () => {
    fc.assert(
      fc.property(messages, skews, (sent, skew) => {
        const machines = ["a", "b", "c"].map((node, index) => machine(node, skew[index] ?? 0));
        let nowMs = START_MS;
        for (const { from, to, gapMs } of sent) {
          nowMs += gapMs;
          const stamp = machines[from]?.send(nowMs) ?? "";
          expect((machines[to]?.receive(stamp, nowMs) ?? "") > stamp).toBe(true);
        }
      }),
    );
  });

  it("never repeats a stamp and never goes back, whatever the wall clock does", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100_000), { minLength: 2, maxLength: 200 }), (offsets) => {
        const clock = createHybridClock("a", MAX_HLC_DRIFT_MS);
        const stamps = offsets.map((offsetMs) => clock.tick(START_MS + offsetMs));
        expect([...stamps].sort()).toEqual(stamps);
        expect(new Set(stamps).size).toBe(stamps.length);
      }),
    );
  });

  it("refuses a stamp beyond the allowed drift, and is not moved by it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000_000 }), (beyondMs) => {
        const clock = createHybridClock("a", MAX_HLC_DRIFT_MS);
        const far = createHybridClock("b", MAX_HLC_DRIFT_MS).tick(START_MS + MAX_HLC_DRIFT_MS + beyondMs);
        expect(clock.observe(far, START_MS).ok).toBe(false);
        expect(clock.tick(START_MS) < far).toBe(true);
      }),
    );
  });
});
