import { describe, expect, it } from "vitest";
import { retryOf, retryTransient } from "../../../src/crew/conversation/task-retry.js";
import type { Crew } from "../../../src/crew/state/context.js";
import { Fault } from "../../../src/kernel/fault.js";
import { DEFAULT_RETRY } from "../../../src/model/retry.js";
import { sleepingClock } from "../dispatch/samples.js";

const BACKOFF = { initial: 100, factor: 3, max: 250 };

function crewOf(retry?: { attempts: number; backoff: typeof BACKOFF }) {
  const clock = sleepingClock();
  const tasks = new Map([["A", { task: { retry }, phase: "p" }]]);
  const store = { epoch: () => 1, isInPlace: () => true };
  const signal = new AbortController().signal;
  return { clock, crew: { clock, tasks, signal, store, epoch: 1, endsAtMs: null } as unknown as Crew };
}

const busy = new Fault("BRANCH_BUSY", "it moved", { retry: "transient" });

describe("a task's retry", () => {
  it("is the plan's, else the default", () => {
    const { crew } = crewOf({ attempts: 2, backoff: BACKOFF });
    expect(retryOf(crew, "A")).toEqual({ attempts: 2, initialMs: 100, factor: 3, maxMs: 250 });
    expect([retryOf(crew, "B"), retryOf(crew, null), retryOf(crewOf().crew, "A")]).toEqual(
      Array(3).fill(DEFAULT_RETRY),
    );
  });

  it("tries again what may pass, waiting longer each time up to the bound, then throws it", async () => {
    const { crew, clock } = crewOf({ attempts: 3, backoff: BACKOFF });
    let tries = 0;
    const fail = async (): Promise<void> => {
      tries += 1;
      throw busy;
    };
    await expect(retryTransient(crew, "A", fail)).rejects.toBe(busy);
    expect([tries, clock.slept]).toEqual([3, [100, 250]]);
  });

  it("ends with the first success", async () => {
    const { crew, clock } = crewOf();
    let tries = 0;
    await retryTransient(crew, "A", async () => {
      tries += 1;
      if (tries === 1) throw busy;
    });
    expect([tries, clock.slept]).toEqual([2, [DEFAULT_RETRY.initialMs]]);
  });

  it.each([
    ["a fault that stays", new Fault("BAD", "no")],
    ["a fault of the store", new Fault("STORE_BUSY", "busy", { retry: "transient" })],
    ["no fault at all", new TypeError("x")],
  ])("does not try %s again", async (_, thrown) => {
    const { crew, clock } = crewOf();
    await expect(retryTransient(crew, "A", () => Promise.reject(thrown))).rejects.toBe(thrown);
    expect(clock.slept).toEqual([]);
  });
});
