import { renameSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Crew } from "../../../src/crew/state/context.js";
import { isStopped, stopIfKilled, waitUnlessStopped } from "../../../src/crew/state/stop.js";
import { systemClock } from "../../../src/kernel/clock.js";
import { openStore } from "../../../src/store/store.js";
import { sleepingClock } from "../dispatch/samples.js";
import { event, temporaryStore } from "../store/sample-events.js";

const HOUR_MS = 3_600_000;

/** A session's crew over a store of its own; each wait of its clock is counted, and `during` runs in the one it is of. */
function crewOf({ endsAtMs = null }: { endsAtMs?: number | null } = {}, during: Record<number, () => void> = {}) {
  const store = temporaryStore();
  const stop = new AbortController();
  const clock = sleepingClock();
  const sleep: typeof clock.sleep = async (ms, signal) => {
    await clock.sleep(ms, signal);
    during[clock.slept.length]?.();
    signal?.throwIfAborted();
  };
  const crew = { store, epoch: store.epoch(), signal: stop.signal, clock: { ...clock, sleep }, endsAtMs };
  return { crew: crew as unknown as Crew, store, stop, slept: clock.slept };
}

const kill = (epoch: number) => event("KILLED", { epoch, by: { os_user: "ada", git_email: null } });

describe("a wait", () => {
  it("lasts as long as it shall where nothing happens", async () => {
    const { crew, slept } = crewOf();
    await waitUnlessStopped(crew, 2_500);
    expect(slept).toEqual([1_000, 1_000, 500]);
    expect(isStopped(crew)).toBe(false);
  });

  it("ends within a second of a kill by another process", async () => {
    const { crew, store, slept } = crewOf({}, { 3: () => killed() });
    const killed = (): void => {
      const other = openStore(store.path);
      other.append([kill(crew.epoch + 1)]);
      other.close();
    };
    await expect(waitUnlessStopped(crew, HOUR_MS)).rejects.toMatchObject({
      exitCode: 130,
      message: expect.stringMatching(/^killed/),
    });
    expect([slept.length, isStopped(crew)]).toEqual([3, true]);
  });

  it("ends when it is interrupted, and in no other error's disguise", async () => {
    const { crew, stop } = crewOf({}, { 2: () => stop.abort() });
    await expect(waitUnlessStopped(crew, HOUR_MS)).rejects.toMatchObject({ exitCode: 130, message: "interrupted" });
    const broken = new Error("the clock is broken");
    const { crew: other } = crewOf();
    const clock = { ...systemClock, sleep: () => Promise.reject(broken) };
    await expect(waitUnlessStopped({ ...other, clock }, HOUR_MS)).rejects.toBe(broken);
  });

  it("ends with the plan's time, for who asks next to say so", async () => {
    const { crew, slept } = crewOf({ endsAtMs: sleepingClock().nowMs() + 1_400 });
    await waitUnlessStopped(crew, HOUR_MS);
    expect(slept).toEqual([1_000, 400]);
  });
});

describe("a session whose log is gone", () => {
  it.each<[string, (path: string) => void]>([
    ["removed", (path) => rmSync(path)],
    ["moved away", (path) => renameSync(path, `${path}.old`)],
    [
      "replaced",
      (path) => {
        renameSync(path, `${path}.old`);
        writeFileSync(path, "");
      },
    ],
  ])("stops, as it was %s", async (_, take) => {
    const { crew, store } = crewOf({}, { 2: () => take(store.path) });
    expect(() => stopIfKilled(crew)).not.toThrow();
    await expect(waitUnlessStopped(crew, HOUR_MS)).rejects.toMatchObject({
      exitCode: 1,
      message: expect.stringContaining(`the log ${store.path} was removed or replaced`),
    });
    expect(isStopped(crew)).toBe(true);
  });
});
