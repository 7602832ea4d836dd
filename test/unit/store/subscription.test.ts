import { statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate, setTimeout as wait } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { AnyEvent } from "../../../src/schema/event.js";
import type { Connection } from "../../../src/store/connection.js";
import { readDataVersion } from "../../../src/store/sql/read-data-version.js";
import { createSubscriptions } from "../../../src/store/subscription.js";
import { createWaker, watchDirectory } from "../../../src/store/watch.js";
import { openToWrite } from "../../../src/store/writer.js";
import { event, taskCompleted, temporaryFolder, temporaryStore } from "./sample-events.js";

function note(text: string) {
  return event("ALERT", { severity: "info", message: text, to: "executive" });
}

function textsOf(events: readonly AnyEvent[]): string[] {
  return events.map(({ payload }) => ("message" in payload ? payload.message : ""));
}

describe("subscribing", () => {
  it("tells of an own event before append returns, without a timer", () => {
    const store = temporaryStore();
    const types: string[] = [];
    store.subscribe((events) => types.push(...events.map(({ type }) => type)));
    store.append([taskCompleted("T-1")]);
    expect(types).toEqual(["EVENT_TASK_COMPLETED"]);
  });

  it("tells nothing of the past and nothing after stopping", () => {
    const store = temporaryStore();
    store.append([note("past")]);
    const told: string[] = [];
    const stop = store.subscribe((events) => told.push(...textsOf(events)));
    store.append([note("now")]);
    stop();
    store.append([note("later")]);
    expect(told).toEqual(["now"]);
  });

  it("tells every listener in the same order, also when one appends", () => {
    const store = temporaryStore();
    const told: string[] = [];
    store.subscribe((events) => {
      if (textsOf(events)[0] === "one") store.append([note("two")]);
    });
    store.subscribe((events) => told.push(...textsOf(events)));
    store.append([note("one")]);
    expect(told).toEqual(["one", "two"]);
  });

  it("tells of events of another connection, once each and in order", async () => {
    const store = temporaryStore();
    const other = temporaryStore({ path: store.path });
    const told: string[] = [];
    const all = new Promise<void>((resolve) => {
      store.subscribe((events) => {
        told.push(...textsOf(events));
        if (told.length === 4) resolve();
      });
    });
    other.append([note("1"), note("2")]);
    store.append([note("3")]);
    other.append([note("4")]);
    await all;
    expect(told).toEqual(["1", "2", "3", "4"]);
  });

  it("tells of what another connection appends while own events are told", async () => {
    const store = temporaryStore();
    const other = temporaryStore({ path: store.path });
    const told: string[] = [];
    const all = new Promise<void>((resolve) => {
      store.subscribe((events) => {
        told.push(...textsOf(events));
        if (told.length === 1) other.append([note("theirs")]);
        if (told.length === 2) resolve();
      });
    });
    store.append([note("own")]);
    await all;
    expect(told).toEqual(["own", "theirs"]);
  });

  it("loses nothing where two connections append in turn for a while", async () => {
    const store = temporaryStore();
    const other = temporaryStore({ path: store.path });
    const told: string[] = [];
    const expected = Array.from({ length: 200 }, (_, index) => String(index));
    const all = new Promise<void>((resolve) => {
      store.subscribe((events) => {
        told.push(...textsOf(events));
        if (told.length >= expected.length) resolve();
      });
    });
    for (const text of expected) {
      (Number(text) % 3 === 0 ? store : other).append([note(text)]);
      if (Number(text) % 7 === 0) await setImmediate();
    }
    await all;
    expect(told).toEqual(expected);
  });

  it("does not let a failing listener undo the append or silence the others", async () => {
    const store = temporaryStore();
    const told: string[] = [];
    const caught = new Promise((resolve) => process.once("uncaughtException", resolve));
    const known = process.listeners("uncaughtException");
    for (const listener of known.slice(0, -1)) process.removeListener("uncaughtException", listener);
    store.subscribe(() => {
      throw new Error("defect");
    });
    store.subscribe((events) => told.push(...textsOf(events)));
    expect(store.append([note("one")])).toHaveLength(1);
    expect(told).toEqual(["one"]);
    expect(await caught).toMatchObject({ message: "defect" });
    for (const listener of known.slice(0, -1)) process.on("uncaughtException", listener);
  });
});

describe("looking at the log", () => {
  it("is done once for many changes of the folder, and reads nothing where nobody committed", async () => {
    const db = openToWrite(join(temporaryFolder(), "w.db"));
    const asked: string[] = [];
    const get = <Row>(sql: string, parameters?: Parameters<Connection["get"]>[1]): Row | undefined => {
      asked.push(sql);
      return db.get<Row>(sql, parameters);
    };
    const looks = (): number => asked.filter((sql) => sql === readDataVersion).length;
    const subscriptions = createSubscriptions({ ...db, get });
    subscriptions.add(() => undefined);
    const change = (): void => {
      for (let index = 0; index < 100; index += 1) writeFileSync(`${db.path}-${index % 2}`, String(index));
    };
    change();
    while (looks() === 0) await wait(5);
    await wait(100);
    asked.length = 0;
    change();
    while (looks() === 0) await wait(5);
    await wait(100);
    expect(looks()).toBeLessThan(10);
    expect(new Set(asked)).toEqual(new Set([readDataVersion]));
    subscriptions.close();
    db.database.close();
  });
});

/** Changes the log's file again and again until it was noticed: the first look may come after the first change. */
async function changeUntil<T>(path: string, noticed: Promise<T>): Promise<T> {
  let length = 0;
  const timer = setInterval(() => {
    length += 1;
    writeFileSync(`${path}-wal`, "x".repeat(length));
  }, 50);
  try {
    return await noticed;
  } finally {
    clearInterval(timer);
  }
}

describe("watching a folder", () => {
  it("falls back to looking at the file where the kernel refuses to watch", async () => {
    const path = join(temporaryFolder(), "w.db");
    const refuse = () => {
      throw new Error("ENOSPC: no more watches");
    };
    const changed = new Promise<{ close(): void }>((resolve) => {
      const watcher = watchDirectory(path, () => resolve(watcher), refuse as never);
    });
    (await changeUntil(path, changed)).close();
  });

  it("falls back when watching breaks off", async () => {
    const path = join(temporaryFolder(), "w.db");
    let closed = false;
    let fail: () => void = () => undefined;
    const breaking = () => ({
      on: (_name: string, listener: () => void) => (fail = listener),
      close: () => (closed = true),
    });
    const changed = new Promise<{ close(): void }>((resolve) => {
      const watcher = watchDirectory(path, () => resolve(watcher), breaking as never);
    });
    fail();
    (await changeUntil(path, changed)).close();
    expect(closed).toBe(true);
  });
});

describe("waking the watchers of other processes", () => {
  const makeLog = () => {
    const path = join(temporaryFolder(), "w.db");
    writeFileSync(`${path}-wal`, "");
    const forget = (): void => utimesSync(`${path}-wal`, 1, 1);
    forget();
    return { waker: createWaker(path), forget, touched: () => statSync(`${path}-wal`).mtimeMs > 1_000 };
  };

  it("wakes at once, and for the commits that follow closely together, after the last", async () => {
    const { waker, forget, touched } = makeLog();
    waker.wake();
    expect(touched()).toBe(true);
    forget();
    waker.wake();
    waker.wake();
    expect(touched()).toBe(false);
    while (!touched()) await wait(5);
    forget();
    await wait(60);
    expect(touched()).toBe(false);
    waker.wake();
    expect(touched()).toBe(true);
  });

  it("does not wait for the time to pass where the store is closed", () => {
    const { waker, forget, touched } = makeLog();
    waker.wake();
    forget();
    waker.flush();
    expect(touched()).toBe(false);
    waker.wake();
    forget();
    waker.wake();
    waker.flush();
    expect(touched()).toBe(true);
  });

  it("is done by a store after its commits, and at its closing for those not told yet", async () => {
    const store = temporaryStore();
    const other = temporaryStore({ path: store.path });
    const log = `${store.path}-wal`;
    const commitTwice = (): void => {
      other.append([note("wakes at once")]);
      other.append([note("wakes together with those that follow")]);
      utimesSync(log, 1, 1);
    };
    commitTwice();
    await wait(200);
    expect(statSync(log).mtimeMs).toBeGreaterThan(1_000);
    commitTwice();
    other.close();
    expect(statSync(log).mtimeMs).toBeGreaterThan(1_000);
  });

  it("wakes without failing where there is no file to touch", () => {
    expect(() => createWaker(join(temporaryFolder(), "absent.db")).wake()).not.toThrow();
  });
});
