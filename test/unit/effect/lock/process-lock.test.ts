import { execFileSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startTimeOf, withLock } from "../../../../src/effect/lock/process-lock.js";
import { temporaryDirectory } from "../fixture.js";

describe("a lock between processes", () => {
  it("lets one at a time in and leaves nothing behind, whatever the work does", async () => {
    const directory = temporaryDirectory();
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 8 }, () => withLock(join(directory, "lock"), work)));
    await expect(withLock(join(directory, "lock"), () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(most).toBe(1);
    expect(readdirSync(directory)).toEqual([]);
  });

  it("lets callers of one process in as they came, without looking again and again", async () => {
    const file = join(temporaryDirectory(), "lock");
    const came: number[] = [];
    let slept = 0;
    const clock = { nowMs: () => 0, sleep: () => Promise.resolve(void (slept += 1)) };
    const enter = (index: number): Promise<number> => withLock(file, () => Promise.resolve(came.push(index)), clock);
    await Promise.all(Array.from({ length: 8 }, (_, index) => enter(index)));
    expect([came, slept]).toEqual([[0, 1, 2, 3, 4, 5, 6, 7], 0]);
  });

  it("is taken over at once from a dead process, a reused pid and an unreadable holder", async () => {
    const directory = temporaryDirectory();
    const dead = Number(execFileSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" }));
    for (const holder of [
      { pid: dead, start: "1", nonce: "x" },
      { pid: process.pid, start: "1", nonce: "x" },
      "nonsense",
    ]) {
      writeFileSync(join(directory, "lock"), JSON.stringify(holder));
      expect(await withLock(join(directory, "lock"), () => Promise.resolve("in"))).toBe("in");
    }
    writeFileSync(join(directory, "lock"), "{");
    expect(await withLock(join(directory, "lock"), () => Promise.resolve("in"))).toBe("in");
  });

  it("takes away what the dead wrote to claim it, and nothing of the living or of other locks", async () => {
    const directory = temporaryDirectory();
    const dead = { pid: process.pid, start: "1", nonce: "0123456789abcdef" };
    const living = { ...dead, start: startTimeOf(process.pid) };
    const stays = ["lock.00000000000000aa", "lock.00000000000000bb", "lock.b", "locks.0123456789abcdef"];
    for (const name of ["lock", "lock.0123456789abcdef", "lock.fedcba9876543210.stale", ...stays])
      writeFileSync(join(directory, name), JSON.stringify(name.endsWith("aa") ? living : dead));
    writeFileSync(join(directory, "lock.00000000000000bb"), '{"pid":');
    await withLock(join(directory, "lock"), () => Promise.resolve());
    expect(readdirSync(directory).sort()).toEqual(stays);
  });

  it("gives up after a bounded time while its holder lives", async () => {
    const file = join(temporaryDirectory(), "lock");
    const holder = { pid: process.pid, start: startTimeOf(process.pid), nonce: "x" };
    writeFileSync(file, JSON.stringify(holder));
    const clock = { nowMs: () => 0, sleep: () => Promise.resolve() };
    await expect(withLock(file, () => Promise.resolve(), clock)).rejects.toMatchObject({
      code: "LOCK_TIMEOUT",
      retry: "transient",
    });
  });

  it("knows the living from the dead without /proc too", () => {
    const dead = Number(execFileSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" }));
    expect([startTimeOf(process.pid, "/nowhere"), startTimeOf(dead, "/nowhere"), startTimeOf(dead)]).toEqual([
      "",
      undefined,
      undefined,
    ]);
  });

  it("says where it cannot be made", async () => {
    const file = join(temporaryDirectory(), "file");
    writeFileSync(file, "");
    await expect(withLock(join(file, "lock"), () => Promise.resolve())).rejects.toThrow(/EEXIST|ENOTDIR/);
  });
});
