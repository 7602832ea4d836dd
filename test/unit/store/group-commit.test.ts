import { expect, it } from "vitest";
import { openStore } from "../../../src/store/store.js";
import { event, taskStarted, temporaryStore, toolResult } from "./sample-events.js";

const note = (message: string) => event("ALERT", { severity: "info", message, to: "executive" });

it("commits what several ask for in one turn in one transaction, in their order, and gives each its own", async () => {
  const store = temporaryStore();
  const told: number[] = [];
  store.subscribe((events) => told.push(events.length));
  const [first, second, third] = await Promise.all([
    store.commit([note("one"), note("two")]),
    store.commit([]),
    store.commit([note("three")]),
  ]);
  expect([first, second, third].map((events) => events.map(({ seq }) => seq))).toEqual([[1, 2], [], [3]]);
  expect(told).toEqual([3]);
  expect(store.verify().ok).toBe(true);
});

it("tells nobody before the events are on disk", async () => {
  const store = temporaryStore();
  const other = openStore(store.path, { readonly: true });
  let done = false;
  const committed = store.commit([note("one")]).then(() => {
    done = true;
    return other.events({}).length;
  });
  await Promise.resolve();
  expect([done, other.events({}).length]).toEqual([false, 0]);
  expect(await committed).toBe(1);
  other.close();
});

it("fails only for those whose events are at fault", async () => {
  const store = temporaryStore();
  store.append([taskStarted("A"), toolResult("1:A:work:1:1", "A")]);
  const ends = await Promise.allSettled([
    store.commit([note("one")]),
    store.commit([note("lost"), toolResult("1:A:work:1:1", "A")]),
    store.commit([note("two")]),
  ]);
  expect(ends.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(ends[1]).toMatchObject({ reason: { code: "DUPLICATE_EVENT" } });
  const messages = store.events({ type: "ALERT" }).map(({ payload }) => (payload as { message: string }).message);
  expect(messages).toEqual(["one", "two"]);
  expect(store.verify().ok).toBe(true);
});

it("writes what still waits when the store is closed", async () => {
  const store = temporaryStore();
  const committed = store.commit([note("one")]);
  store.close();
  expect(await committed).toHaveLength(1);
  expect(temporaryStore({ path: store.path }).events({})).toHaveLength(1);
});
