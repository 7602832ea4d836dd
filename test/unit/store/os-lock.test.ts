import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { isOsLocked, signOfLife, takeOsLock } from "../../../src/store/os-lock.js";
import { temporaryDirectory } from "../effect/fixture.js";
import { temporaryStore } from "./sample-events.js";

describe("a lock of the kernel's", () => {
  it("is one holder's until it is released, and asking takes nothing", () => {
    const path = join(temporaryDirectory(), "deep", "lock");
    expect(isOsLocked(path)).toBe(false);
    const lock = takeOsLock(path);
    expect([takeOsLock(path), isOsLocked(path), isOsLocked(path)]).toEqual([undefined, true, true]);
    lock?.release();
    expect([isOsLocked(path), isOsLocked(path)]).toEqual([false, false]);
    takeOsLock(path)?.release();
  });

  it("counts as held where it cannot be looked at", () => {
    const path = join(temporaryDirectory(), "lock");
    writeFileSync(path, "no database, and longer than a header would have to be to be read as one".repeat(20));
    expect(isOsLocked(path)).toBe(true);
  });
});

describe("a sign of life", () => {
  it("is one file for a process, locked, and made anew where it was taken away", () => {
    const folder = join(temporaryDirectory(), "holders");
    const sign = signOfLife(folder) ?? "";
    expect([isOsLocked(sign), signOfLife(folder), readdirSync(folder)]).toEqual([true, sign, [basename(sign)]]);
    rmSync(sign);
    const anew = signOfLife(folder) ?? "";
    expect(anew).not.toBe(sign);
    expect([isOsLocked(sign), isOsLocked(anew)]).toEqual([false, true]);
  });

  it("takes away those of the dead, and none of the living", () => {
    const folder = temporaryDirectory();
    writeFileSync(join(folder, "p_dead"), "");
    const living = takeOsLock(join(folder, "p_living"));
    const sign = signOfLife(folder) ?? "";
    expect(readdirSync(folder).sort()).toEqual([basename(sign), "p_living"].sort());
    living?.release();
  });

  it("is none where no file can be made", () => {
    const file = join(temporaryDirectory(), "file");
    writeFileSync(file, "");
    expect(signOfLife(join(file, "holders"))).toBeUndefined();
  });

  it("goes with a lease: who holds it is told by the lock, whatever the number", () => {
    const { lease, path } = temporaryStore();
    const ann = { pid: 2 ** 22 + 1, startTime: "1@00000000", owner: "ann" };
    lease.acquire("cycle:1", ann, () => true);
    const held = lease.read("cycle:1");
    expect(held).toMatchObject(ann);
    expect(held?.sign?.startsWith(`${path}.holders/p_`)).toBe(true);
    expect(isOsLocked(held?.sign ?? "")).toBe(true);
  });
});
