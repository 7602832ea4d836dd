import { copyFileSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Connection } from "../../../src/store/connection.js";
import { guard } from "../../../src/store/faults.js";
import { createLateSync, type LateSync } from "../../../src/store/late-sync.js";
import { openStore } from "../../../src/store/store.js";
import { openToWrite } from "../../../src/store/writer.js";
import { event, fixedClock, temporaryFolder, temporaryStore } from "./sample-events.js";

const note = (message: string) => event("ALERT", { severity: "info", message, to: "executive" });
const turn = (): Promise<void> => new Promise((done) => setImmediate(done));
const level = ({ database }: Connection): number => database.pragma("synchronous", { simple: true }) as number;
const [NORMAL, FULL] = [1, 2];

/** A connection with late syncs that end when told; each call's name is noted. */
function makeLate() {
  const db = openToWrite(join(temporaryFolder(), ".worknode", "worknode.db"));
  const clock = fixedClock();
  const done: string[] = [];
  const ends: { resolve: () => void; reject: (thrown: Error) => void }[] = [];
  const late: LateSync = createLateSync(db, {
    nowMs: () => clock.nowMs(),
    sync: () => {
      done.push("sync");
      return new Promise((resolve, reject) => ends.push({ resolve, reject }));
    },
    syncNow: () => done.push("sync now"),
  });
  const commit = (): void => late.commit(() => void done.push(level(db) === NORMAL ? "commit" : "waiting commit"));
  return { db, clock, late, done, ends, commit };
}

describe("a commit with a late sync", () => {
  it("does not wait for the disk, and every other of the connection does", () => {
    const { db, late } = makeLate();
    expect(late.commit(() => level(db))).toBe(NORMAL);
    expect(level(db)).toBe(FULL);
    const broken = (): never => {
      throw new Error("no such row");
    };
    expect(() => late.commit(broken)).toThrow("no such row");
    expect(level(db)).toBe(FULL);
    expect(() => db.database.transaction(() => late.commit(() => 0))()).toThrow("a transaction of its own");
  });

  it("is forced to disk right after what it answers, and those that come meanwhile by one sync more", async () => {
    const { done, ends, commit } = makeLate();
    commit();
    done.push("answer");
    await turn();
    expect(done).toEqual(["commit", "answer", "sync"]);
    for (let n = 0; n < 3; n += 1) commit();
    await turn();
    expect(done.slice(3)).toEqual(["commit", "commit", "commit"]);
    ends[0]?.resolve();
    await turn();
    expect(done.slice(6)).toEqual(["sync"]);
    ends[1]?.resolve();
    await turn();
    expect(done).toHaveLength(7);
    commit();
    await turn();
    expect(done.slice(7)).toEqual(["commit", "sync"]);
  });

  it("waits after all while the disk is more than a second behind", async () => {
    const { clock, done, ends, commit } = makeLate();
    commit();
    await turn();
    clock.advance(1_000);
    commit();
    clock.advance(1);
    commit();
    expect(done).toEqual(["commit", "sync", "commit", "waiting commit"]);
    for (const { resolve } of ends) resolve();
    await turn();
    commit();
    expect(done.at(-1)).toBe("commit");
  });

  it("is refused once a sync has failed: nothing is acknowledged that may not be kept", async () => {
    const { done, ends, commit } = makeLate();
    commit();
    await turn();
    ends[0]?.reject(Object.assign(new Error("i/o error"), { code: "EIO" }));
    await turn();
    expect(commit).toThrow("i/o error");
    expect(done).toEqual(["commit", "sync"]);
  });

  it("is forced to disk before its connection is closed", async () => {
    const { late, done, commit } = makeLate();
    commit();
    late.close();
    await turn();
    expect(done).toEqual(["commit", "sync now"]);
    const idle = makeLate();
    idle.late.close();
    expect(idle.done).toEqual([]);
  });
});

describe("a store", () => {
  it("says what is wrong where a sync failed", () => {
    const fail = (): never => {
      throw Object.assign(new Error("i/o error, fdatasync"), { code: "EIO" });
    };
    expect(guard("w.db", fail)).toThrow(expect.objectContaining({ code: "STORE_IO" }));
  });

  it.runIf(process.platform === "linux")(
    "really asks the kernel for the sync, of the log's own file, and lets go of it when closed",
    async () => {
      const store = openStore(join(temporaryFolder(), ".worknode", "worknode.db"), { clock: fixedClock() });
      const held = (): number =>
        readdirSync("/proc/self/fd").filter((fd) => linkOf(fd).startsWith(`${store.path}-wal`)).length;
      const before = held();
      store.accept([note("one")]);
      await turn();
      await turn();
      expect(held()).toBe(before + 1);
      await new Promise((done) => setTimeout(done, 50));
      store.accept([note("two")]);
      await turn();
      expect(held()).toBe(before + 1);
      store.close();
      expect(held()).toBe(0);
    },
  );

  it("after a power cut holds a shorter log without a gap, and never less than what it waited for", () => {
    const store = temporaryStore();
    store.append([note("one"), note("two")]);
    const wal = `${store.path}-wal`;
    const ends = [statSync(wal).size];
    for (const message of ["three", "four", "five"]) {
      store.accept([note(message)]);
      ends.push(statSync(wal).size);
    }
    const whole = readFileSync(wal);
    const lengths = new Set<number>();
    const survivors = ends.flatMap((end) => [
      whole.subarray(0, end),
      whole.subarray(0, end + 5_000),
      Buffer.concat([whole.subarray(0, end), Buffer.alloc(4_096), whole.subarray(end + 4_096)]),
    ]);
    for (const survivor of survivors) {
      const path = join(temporaryFolder(), "worknode.db");
      copyFileSync(store.path, path);
      writeFileSync(`${path}-wal`, survivor);
      const after = temporaryStore({ path });
      const events = after.events({});
      expect(after.verify()).toEqual({ ok: true, events: events.length });
      expect(after.rebuild().equal).toBe(true);
      expect(events.length).toBeGreaterThanOrEqual(2);
      lengths.add(events.length);
    }
    expect([...lengths].toSorted((left, right) => left - right)).toEqual([2, 3, 4, 5]);
  });
});

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ""; // closed meanwhile
  }
}
