import { expect, it } from "vitest";
import { event, temporaryStore } from "./sample-events.js";

const note = event("ALERT", { severity: "info", message: "m", to: "executive" });
const result = (call_id: string) =>
  event("TOOL_RESULT", {
    call_id,
    tool_use_id: "t",
    content: "",
    is_error: false,
    verification: { succeeded: true, outcomeCorrect: true, retry: { should: false, why: "" } },
  });

it("counts what another process commits, and what this one does, but for records of calls", () => {
  const store = temporaryStore();
  const other = temporaryStore({ path: store.path });
  const counts = new Set<number>();
  const isNew = (): boolean => counts.size < counts.add(store.changes()).size;
  expect(isNew()).toBe(true);
  expect(isNew()).toBe(false);
  store.append([result("c1")]);
  expect(isNew()).toBe(false);
  store.append([result("c2"), note]);
  expect(isNew()).toBe(true);
  other.append([result("c3")]);
  expect(isNew()).toBe(true);
  store.rebuild();
  expect(isNew()).toBe(true);
  store.restore([]);
  expect(isNew()).toBe(true);
  expect(isNew()).toBe(false);
});

it("counts what was taken back, as it may have been read meanwhile", () => {
  const store = temporaryStore();
  let during = 0;
  const broken = (): never => {
    store.append([note]);
    during = store.changes();
    throw new Error("taken back");
  };
  expect(() => store.transaction(broken)).toThrow("taken back");
  expect(store.changes()).not.toBe(during);
});
