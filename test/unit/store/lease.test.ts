import { spawn } from "node:child_process";
import { describe, expect, it } from "vitest";
import { type Holder, holderOf, isHolderAlive } from "../../../src/store/lease.js";
import { temporaryStore } from "./sample-events.js";

const ann: Holder = { pid: 1, startTime: "10@boot", owner: "ann" };
const bob: Holder = { pid: 2, startTime: "20@boot", owner: "bob" };
const alive = () => true;
const dead = () => false;

describe("a lease", () => {
  it("goes to the first holder and is refused to others while it lives", () => {
    const { lease } = temporaryStore();
    expect(lease.acquire("cycle:1", ann, alive)).toEqual({ ok: true, value: { fence: 1 } });
    expect(lease.acquire("cycle:1", bob, alive)).toMatchObject({
      ok: false,
      error: { name: "cycle:1", fence: 1, held: true, ...ann },
    });
    expect(lease.acquire("cycle:2", bob, alive).ok).toBe(true);
  });

  it("passes from a dead holder at once, with a greater fence", () => {
    const { lease } = temporaryStore();
    lease.acquire("cycle:1", ann, alive);
    expect(lease.acquire("cycle:1", bob, dead)).toEqual({ ok: true, value: { fence: 2 } });
    expect(lease.read("cycle:1")).toMatchObject({ ...bob, fence: 2, held: true });
  });

  it("is given again to its own holder", () => {
    const { lease } = temporaryStore();
    lease.acquire("cycle:1", ann, alive);
    expect(lease.acquire("cycle:1", ann, alive)).toEqual({ ok: true, value: { fence: 2 } });
  });

  it("is free after its release, and an old fence releases nothing", () => {
    const { lease } = temporaryStore();
    lease.acquire("cycle:1", ann, alive);
    lease.acquire("cycle:1", bob, dead);
    expect(lease.release("cycle:1", 1)).toBe(false);
    expect(lease.release("cycle:1", 2)).toBe(true);
    expect(lease.read("cycle:1")?.held).toBe(false);
    expect(lease.acquire("cycle:1", ann, alive)).toEqual({ ok: true, value: { fence: 3 } });
    expect(lease.read("nothing")).toBeUndefined();
  });

  it("is seen by another connection", () => {
    const store = temporaryStore();
    store.lease.acquire("cycle:1", ann, alive);
    expect(temporaryStore({ path: store.path }).lease.acquire("cycle:1", bob, alive).ok).toBe(false);
  });
});

describe("a holder", () => {
  it("is this process, alive", () => {
    const self = holderOf(process.pid, "me");
    expect(self.startTime).toMatch(/^\d+@[0-9a-f]{8}$/);
    expect(isHolderAlive(self)).toBe(true);
  });

  it("is dead when the pid belongs to a process started at another time", () => {
    expect(isHolderAlive({ ...holderOf(process.pid, "me"), startTime: "1@00000000" })).toBe(false);
  });

  it("is dead once killed, even while its parent has not noticed", async () => {
    const child = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60000)"], { stdio: "ignore" });
    const holder = holderOf(child.pid ?? 0, "child");
    expect(isHolderAlive(holder)).toBe(true);
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
    expect(isHolderAlive(holder)).toBe(false);
  });

  it("is judged by its pid alone where the kernel tells no start time", () => {
    expect(isHolderAlive({ pid: process.pid, startTime: "@", owner: "x" })).toBe(true);
    expect(isHolderAlive({ pid: 2 ** 22 + 1, startTime: "@", owner: "x" })).toBe(false);
  });
});
