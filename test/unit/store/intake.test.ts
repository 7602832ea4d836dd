import { copyFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createIntake } from "../../../src/store/intake.js";
import { openStore, type Store } from "../../../src/store/store.js";
import { openToWrite } from "../../../src/store/writer.js";
import { event, NOW_MS, temporaryFolder, temporaryStore } from "./sample-events.js";

const note = (message: string) => event("ALERT", { severity: "info", message, to: "executive" });
const told = (store: Store) =>
  store.events({ type: "ALERT" }).map(({ payload }) => (payload as { message: string }).message);
const result = (content: string) =>
  event("TOOL_RESULT", {
    call_id: "c1",
    tool_use_id: "t",
    content,
    is_error: false,
    verification: { succeeded: true, outcomeCorrect: true, retry: { should: false, why: "" } },
  });
/** Bytes a transaction of one page takes in the write-ahead log. */
const ONE_PAGE = 8_192 + 24;

/** What is left of a store whose process is killed now. */
function afterKill(store: Store): Store {
  const path = join(temporaryFolder(), "worknode.db");
  copyFileSync(store.path, path);
  copyFileSync(`${store.path}-wal`, `${path}-wal`);
  return temporaryStore({ path });
}

describe("accepted events", () => {
  it("cost one page before whoever waits is told", () => {
    const store = temporaryStore();
    store.append([note("one")]);
    store.accept([note("two")]);
    const before = statSync(`${store.path}-wal`).size;
    store.accept([note("three"), note("four")]);
    expect(statSync(`${store.path}-wal`).size - before).toBe(ONE_PAGE);
  });

  it("are read by their process at once, in order, and stamped with when they came", () => {
    const clock = { nowMs: () => at, sleep: async () => undefined };
    let at = NOW_MS;
    const store = temporaryStore({ clock });
    store.append([note("one")]);
    store.accept([note("two"), note("three")]);
    at += 60_000;
    store.accept([note("four")]);
    expect(told(store)).toEqual(["one", "two", "three", "four"]);
    expect([...store.iterate()].map(({ hlc }) => hlc.slice(0, 16))).toEqual([
      ...Array<string>(3).fill("2026-01-02T03:04"),
      "2026-01-02T03:05",
    ]);
    store.accept([note("five")]);
    expect(store.queries.alerts(1, 9)).toHaveLength(5);
    store.accept([note("six")]);
    expect(store.verify()).toEqual({ ok: true, events: 6 });
    store.accept([note("seven")]);
    expect(store.rebuild()).toEqual({ equal: true, differences: [] });
    expect(store.verify()).toEqual({ ok: true, events: 7 });
  });

  it("come before all that is appended after them, by whichever process", () => {
    const store = temporaryStore();
    const other = temporaryStore({ path: store.path });
    other.append([note("one")]);
    store.accept([note("two")]);
    expect(other.append([note("three")]).map(({ seq }) => seq)).toEqual([3]);
    for (const each of [store, other]) expect(told(each)).toEqual(["one", "two", "three"]);
    store.accept([note("four")]);
    const twin = temporaryStore();
    twin.restore(store.iterate());
    twin.append([note("another")]);
    store.accept([note("five")]);
    expect(() => other.restore(twin.events({}))).toThrow("another event 5");
    expect(told(other)).toEqual(["one", "two", "three", "four", "five"]);
  });

  it("are numbered by themselves a moment later, and whoever listens is told", async () => {
    const store = temporaryStore();
    const heard = new Promise<number[]>((tell) => store.subscribe((events) => tell(events.map(({ seq }) => seq))));
    store.accept([note("one")]);
    store.accept([note("two")]);
    expect(await heard).toEqual([1, 2]);
  });

  it("are there when their process was killed before it numbered them, and once", () => {
    const store = temporaryStore();
    store.append([note("one")]);
    store.accept([note("two")]);
    const killed = afterKill(store);
    store.accept([note("three")]);
    expect(told(store)).toEqual(["one", "two", "three"]);
    for (const [left, messages] of [[killed, ["one", "two"]] as const, [afterKill(store), told(store)] as const]) {
      expect(told(left)).toEqual(messages);
      expect(told(temporaryStore({ path: left.path }))).toEqual(messages);
      expect(left.verify()).toEqual({ ok: true, events: messages.length });
      expect(left.rebuild().equal).toBe(true);
    }
  });

  it("are there when the store was closed at once", () => {
    const path = join(temporaryFolder(), "worknode.db");
    const store = openStore(path);
    store.accept([note("one")]);
    store.close();
    expect(told(temporaryStore({ path, readonly: true }))).toEqual(["one"]);
  });

  it("are no projection: a rebuild by another process leaves them where they wait", () => {
    const store = temporaryStore();
    const other = temporaryStore({ path: store.path });
    other.append([note("one")]);
    store.accept([note("two")]);
    expect(other.rebuild()).toEqual({ equal: true, differences: [] });
    expect(told(store)).toEqual(["one", "two"]);
  });

  it("outlive a transaction that numbered them and was taken back", () => {
    const store = temporaryStore();
    store.accept([note("one")]);
    const broken = (): never => {
      store.append([note("two")]);
      throw new Error("taken back");
    };
    expect(() => store.transaction(broken)).toThrow("taken back");
    expect(told(store)).toEqual(["one"]);
  });

  it("leave out a result that is on record by then, and hold up nothing", () => {
    const store = temporaryStore();
    store.append([result("first")]);
    store.accept([note("asked again"), result("second"), note("denied again")]);
    store.append([note("more")]);
    expect(told(store)).toEqual(["asked again", "denied again", "more"]);
    expect(store.events({ type: "TOOL_RESULT" })).toMatchObject([{ payload: { content: "first" } }]);
    expect(store.rebuild().equal).toBe(true);
  });

  it("are refused where they could not be written later", () => {
    const store = temporaryStore();
    let deep: unknown = 1;
    for (let depth = 0; depth < 65; depth += 1) deep = [deep];
    expect(() => store.accept([event("ALERT", { message: deep } as never)])).toThrow("nested too deeply");
    expect(() => store.accept([event("KILLED", {} as never)])).toThrow("not accepted unnumbered");
    expect(store.events({})).toEqual([]);
  });

  it("are refused while those before them cannot be numbered, and these are kept", async () => {
    const db = openToWrite(join(temporaryFolder(), "worknode.db"));
    const written: string[] = [];
    let fault: Error | undefined = new Error("disk full");
    let tried = (): void => undefined;
    const intake = createIntake(db, {
      nowMs: () => NOW_MS,
      transaction: (work) => db.database.transaction(work)(),
      write: (events) => {
        tried();
        if (fault !== undefined) {
          intake.recheck();
          throw fault;
        }
        written.push(...events.map(({ payload }) => (payload as { message: string }).message));
      },
    });
    const trying = new Promise<void>((done) => (tried = done));
    intake.accept([note("one")]);
    await trying;
    for (let turn = 0; turn < 2; turn += 1) expect(() => intake.accept([note("two")])).toThrow("disk full");
    fault = undefined;
    intake.accept([note("three")]);
    intake.settle();
    expect(written).toEqual(["one", "three"]);
    intake.stop();
    db.database.close();
  });
});
