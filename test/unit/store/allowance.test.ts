import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { chargeCap, closeCharge, readCap, setCap } from "../../../src/store/allowance/money.js";
import { openAllowanceFile } from "../../../src/store/allowance/open.js";
import { askTurn, endTurn, holdModel, noteHead, type PaceCaller } from "../../../src/store/allowance/pace.js";
import type { Connection } from "../../../src/store/connection.js";
import type { Holder } from "../../../src/store/lease.js";

const MODEL = "m";
let dir: string;
let db: Connection;
let nowMs: number;
let dead: Set<number>;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "allowance-"));
  db = openAllowanceFile(join(dir, "a.db"));
  nowMs = 1_000_000;
  dead = new Set();
});
afterEach(() => {
  db.database.close();
  rmSync(dir, { recursive: true });
});

const isAlive = ({ pid }: Holder): boolean => !dead.has(pid);
/** A process of a crew. */
const caller = (pid: number, crew = `crew ${pid}`): PaceCaller => ({
  me: { pid, startTime: "s", owner: "" },
  crew,
  isAlive,
  nowMs: () => nowMs,
});
const ask = (pid: number, ticket?: number, crew?: string) => askTurn(db, MODEL, ticket, caller(pid, crew));
/** The server says that this many requests are left of `allowed`, all there again in `fullInMs`. */
const requestsLeft = (remaining: number, allowed: number, fullInMs: number): void =>
  noteHead(db, MODEL, { ok: true, rates: [{ kind: "requests", allowed, remaining, fullInMs }], nowMs });

describe("the turns of all crews", () => {
  it("are free where nothing is known of the limits, and leave no trace", () => {
    expect(ask(1)).toEqual({ admitted: true, ticket: undefined });
    expect(db.get("SELECT 1 FROM turn")).toBeUndefined();
  });

  it("are held for all while a server wants no requests, and then one goes first", () => {
    holdModel(db, MODEL, { nowMs, forMs: 30_000 });
    const [one, two] = [ask(1), ask(2)];
    expect(one).toMatchObject({ admitted: false, waitMs: 30_000 });
    expect(two).toMatchObject({ admitted: false, waitMs: 30_000 });
    expect(askTurn(db, "another model", undefined, caller(3)).admitted).toBe(true);
    nowMs += 30_000;
    expect(ask(1, one.ticket)).toMatchObject({ admitted: true });
    expect(ask(2, two.ticket)).toMatchObject({ admitted: false });
    noteHead(db, MODEL, { ok: true, rates: [], nowMs });
    expect(ask(2, two.ticket)).toMatchObject({ admitted: true });
  });

  it("do not wait for a first one that died or failed", () => {
    holdModel(db, MODEL, { nowMs, forMs: 10 });
    const [one, two, three] = [ask(1), ask(2), ask(3)];
    nowMs += 10;
    expect([ask(1, one.ticket), ask(2, two.ticket), ask(3, three.ticket)].map(({ admitted }) => admitted)).toEqual([
      true,
      false,
      false,
    ]);
    dead.add(1);
    expect([ask(2, two.ticket), ask(3, three.ticket)].map(({ admitted }) => admitted)).toEqual([true, false]);
    endTurn(db, two.ticket ?? 0, undefined);
    expect(ask(3, three.ticket).admitted).toBe(true);
  });

  it("keep within what the server has left, and go on as it fills again", () => {
    requestsLeft(2, 60, 58_000); // one a second
    expect([ask(1), ask(2)].map(({ admitted }) => admitted)).toEqual([true, true]);
    const third = ask(3);
    expect(third).toMatchObject({ admitted: false, waitMs: 1_000 });
    nowMs += 1_000;
    expect(ask(3, third.ticket).admitted).toBe(true);
    expect(ask(4).admitted).toBe(false);
  });

  it("count what a request takes of the prompt's and the answer's tokens", () => {
    requestsLeft(100, 100, 0);
    const first = ask(1);
    endTurn(db, first.ticket ?? 0, { input: 9_000, output: 100 });
    const rates = [{ kind: "input", allowed: 20_000, remaining: 10_000, fullInMs: 10_000 }] as const;
    noteHead(db, MODEL, { ok: true, rates, nowMs });
    const second = ask(1);
    expect(second.admitted).toBe(true);
    expect(ask(2)).toMatchObject({ admitted: false, waitMs: 8_000 });
  });

  it("let a request through that takes more than there ever is, once all of it is there", () => {
    requestsLeft(100, 100, 0);
    endTurn(db, ask(1).ticket ?? 0, { input: 50_000, output: 1 });
    noteHead(db, MODEL, {
      ok: true,
      rates: [{ kind: "input", allowed: 20_000, remaining: 0, fullInMs: 60_000 }],
      nowMs,
    });
    const big = ask(1);
    expect(big).toMatchObject({ admitted: false, waitMs: 60_000 });
    nowMs += 60_000;
    expect(ask(1, big.ticket).admitted).toBe(true);
  });

  it("go round the crews: one with many agents does not keep another waiting behind all of them", () => {
    requestsLeft(0, 60, 60_000);
    const many = [1, 1, 1, 1].map((pid) => ask(pid));
    const other = ask(2);
    const admitted: string[] = [];
    for (let second = 0; second < 3; second += 1) {
      nowMs += 1_000;
      if (ask(2, other.ticket).admitted && !admitted.includes("other")) admitted.push("other");
      const mine = many.filter(({ ticket }) => ask(1, ticket).admitted).length;
      admitted.push(`many ${mine}`);
    }
    expect(admitted).toEqual(["many 1", "other", "many 1", "many 2"]);
  });

  it("are not frozen by a clock that is put back, nor by what was under way in a process that died", () => {
    holdModel(db, MODEL, { nowMs, forMs: 60_000 });
    requestsLeft(0, 1, 60_000);
    nowMs -= 24 * 3_600_000;
    expect(ask(1).admitted).toBe(true);
    requestsLeft(1, 1, 0);
    const [lost, next] = [ask(2), ask(3)];
    expect([lost.admitted, next.admitted]).toEqual([true, false]);
    dead.add(1).add(2);
    expect(ask(3, next.ticket).admitted).toBe(true);
  });

  it("believe no hold after the machine slept through it", () => {
    holdModel(db, MODEL, { nowMs, forMs: 60_000 });
    const { ticket } = ask(1);
    nowMs += 8 * 3_600_000;
    expect(ask(1, ticket).admitted).toBe(true);
  });
});

describe("the cap over all crews", () => {
  const charge = (pid: number, amount: number) => chargeCap(db, amount, { me: caller(pid).me, isAlive });

  it("is none until a person sets one", () => {
    expect(charge(1, 5)).toBeUndefined();
    expect(readCap(db)).toBeUndefined();
  });

  it("counts what every process has under way and has spent, from when it was set", () => {
    setCap(db, { allowed: 100, atMs: nowMs, by: "ada" });
    const [first, second] = [charge(1, 60), charge(2, 40)] as { id: number }[];
    expect(charge(3, 1)).toEqual({ left: 0 });
    closeCharge(db, first?.id ?? 0, { amount: 10, me: caller(1).me });
    closeCharge(db, second?.id ?? 0, { amount: 0, me: caller(2).me });
    expect(readCap(db)).toMatchObject({ allowed: 100, spent: 10, reserved: 0, setBy: "ada" });
    setCap(db, { allowed: 50, atMs: nowMs, by: "ada" });
    expect(readCap(db)).toMatchObject({ allowed: 50, spent: 0 });
    setCap(db, null);
    expect(charge(1, 500)).toBeUndefined();
  });

  it("keeps what a dead process had under way as spent, once, and closes no other process's charge", () => {
    setCap(db, { allowed: 100, atMs: nowMs, by: "ada" });
    const { id } = charge(1, 30) as { id: number };
    closeCharge(db, id, { amount: 0, me: caller(2).me });
    expect(readCap(db)).toMatchObject({ reserved: 30 });
    dead.add(1);
    expect(charge(2, 71)).toEqual({ left: 70 });
    charge(2, 1);
    expect(readCap(db)).toMatchObject({ spent: 30, reserved: 1 });
  });
});
