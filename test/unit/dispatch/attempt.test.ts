import { describe, expect, it } from "vitest";
import { attemptRun, classifyThrown, retryDelayMs, TRANSIENT } from "../../../src/dispatch/attempt.js";
import { RETRY_MAX_MS } from "../../../src/kernel/bounds.js";
import { Fault } from "../../../src/kernel/fault.js";
import { err, ok } from "../../../src/kernel/result.js";
import { sleepingClock } from "./samples.js";

const fails = (failureClass: string) => err({ class: failureClass, message: "it failed" });

describe("attempts", () => {
  it("end with the first success", async () => {
    const clock = sleepingClock();
    const run = await attemptRun(async (attempt) => (attempt < 2 ? fails(TRANSIENT) : ok(attempt)), {
      clock,
      isKilled: () => false,
    });
    expect(run).toEqual({ attempts: 2, result: { ok: true, value: 2 }, stopped: null });
    expect(clock.slept).toEqual([500]);
  });

  it("are three at most, with growing delays, and a persistent failure stays one", async () => {
    const clock = sleepingClock();
    const run = await attemptRun(async () => fails(TRANSIENT), { clock, isKilled: () => false });
    expect(run).toMatchObject({ attempts: 3, result: { ok: false, error: { class: TRANSIENT } }, stopped: null });
    expect(clock.slept).toEqual([500, 1_000]);
  });

  it.each(["policy", "auth", "capability", "execution", "invalid", "unclassified", "", "TRANSIENT_TRANSPORT"])(
    "are one where the failure is %j",
    async (failureClass) => {
      const clock = sleepingClock();
      const run = await attemptRun(async () => fails(failureClass), { clock, isKilled: () => false });
      expect(run.attempts).toBe(1);
      expect(clock.slept).toEqual([]);
    },
  );

  it("classify what is thrown: a fault that may pass is tried again, nothing else is", async () => {
    expect(classifyThrown(new Fault("RESET", "gone", { retry: "transient" })).class).toBe(TRANSIENT);
    expect(classifyThrown(new Fault("AUTH", "no"))).toEqual({ class: "AUTH", message: "no" });
    expect(classifyThrown(new TypeError("x is not a function")).class).toBe("unclassified");
    const clock = sleepingClock();
    const run = await attemptRun(() => Promise.reject(new Error("boom")), { clock, isKilled: () => false });
    expect(run).toMatchObject({ attempts: 1, result: { error: { class: "unclassified", message: "boom" } } });
  });

  it("stop at the kill switch, which is read before each", async () => {
    let reads = 0;
    const clock = sleepingClock();
    const isKilled = (): boolean => {
      reads += 1;
      return reads > 2;
    };
    const run = await attemptRun(async () => fails(TRANSIENT), { clock, isKilled });
    expect(run).toMatchObject({ attempts: 2, stopped: "killed", result: { error: { class: TRANSIENT } } });
    expect(reads).toBe(3);
  });

  it("do not begin when the switch is on, or cannot be read", async () => {
    const broken = (): boolean => {
      throw new Error("store closed");
    };
    for (const isKilled of [() => true, broken, () => undefined as unknown as boolean]) {
      let calls = 0;
      const run = await attemptRun(async () => ok((calls += 1)), { clock: sleepingClock(), isKilled });
      expect(run).toMatchObject({ attempts: 0, stopped: "killed", result: { ok: false, error: { class: "killed" } } });
      expect(calls).toBe(0);
    }
  });

  it("end when the wait is cancelled", async () => {
    const stop = new AbortController();
    const context = { clock: sleepingClock(), isKilled: () => false, signal: stop.signal };
    const run = await attemptRun(async () => {
      stop.abort();
      return fails(TRANSIENT);
    }, context);
    expect(run).toMatchObject({ attempts: 1, stopped: "cancelled", result: { ok: false } });
  });
});

describe("the delay", () => {
  it("doubles and has a bound", () => {
    expect([1, 2, 3].map(retryDelayMs)).toEqual([500, 1_000, 2_000]);
    expect(retryDelayMs(40)).toBe(RETRY_MAX_MS);
  });
});
