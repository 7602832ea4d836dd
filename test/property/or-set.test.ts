import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_HLC_DRIFT_MS } from "../../src/kernel/bounds.js";
import { createHybridClock } from "../../src/kernel/hlc.js";
import { type LwwRegister, mergeRegisters } from "../../src/store/lww-register.js";
import {
  applyToOrSet,
  elementsOf,
  emptyOrSet,
  mergeOrSets,
  type OrSet,
  type OrSetOperation,
  removalOf,
} from "../../src/store/or-set.js";

const ELEMENTS = ["LC-001", "LC-002", "LC-003", "LC-004"];
const step = fc.record({
  replica: fc.nat(2),
  action: fc.constantFrom("add", "remove", "sync"),
  element: fc.constantFrom(...ELEMENTS),
  from: fc.nat(2),
});

interface Replicas {
  sets: OrSet[];
  operations: OrSetOperation[];
}

/** Three replicas that add, remove and now and then merge what another one has. */
function play(steps: readonly { replica: number; action: string; element: string; from: number }[]): Replicas {
  const clocks = ["a", "b", "c"].map((node) => createHybridClock(node, MAX_HLC_DRIFT_MS));
  const sets = [emptyOrSet, emptyOrSet, emptyOrSet];
  const operations: OrSetOperation[] = [];
  for (const { replica, action, element, from } of steps) {
    const set = sets[replica] ?? emptyOrSet;
    if (action === "sync") {
      sets[replica] = mergeOrSets(set, sets[from] ?? emptyOrSet);
      continue;
    }
    const tag = clocks[replica]?.tick(0) ?? "";
    const operation = action === "add" ? ({ kind: "add", element, tag } as const) : removalOf(set, element);
    operations.push(operation);
    sets[replica] = applyToOrSet(set, operation);
  }
  return { sets, operations };
}

describe("observed-remove set", () => {
  it("converges: three replicas merged in any order, any number of times, hold the same", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.array(fc.nat(2), { maxLength: 6 }), (steps, order) => {
        const { sets } = play(steps);
        const merge = (indexes: number[]) =>
          indexes.reduce((all, index) => mergeOrSets(all, sets[index] ?? emptyOrSet), emptyOrSet);
        const expected = elementsOf(merge([0, 1, 2]));
        expect(elementsOf(merge([...order, 2, 0, 1]))).toEqual(expected);
        expect(elementsOf(merge([1, 2, 0, ...order]))).toEqual(expected);
      }),
    );
  });

  it("gives the same from its operations in any order, repeated ones included", () => {
    const shuffled = fc.array(step, { maxLength: 30 }).chain((steps) => {
      const { sets, operations } = play(steps);
      const twice = [...operations, ...operations];
      return fc.tuple(fc.constant(sets), fc.shuffledSubarray(twice, { minLength: twice.length }));
    });
    fc.assert(
      fc.property(shuffled, ([sets, operations]) => {
        const merged = sets.reduce(mergeOrSets, emptyOrSet);
        expect(elementsOf(operations.reduce(applyToOrSet, emptyOrSet))).toEqual(elementsOf(merged));
      }),
    );
  });

  it("lets a concurrent add win over a remove", () => {
    const both = applyToOrSet(emptyOrSet, { kind: "add", element: "LC-001", tag: "1-a" });
    const removed = applyToOrSet(both, removalOf(both, "LC-001"));
    const added = applyToOrSet(both, { kind: "add", element: "LC-001", tag: "2-b" });
    expect(elementsOf(removed)).toEqual([]);
    expect(elementsOf(mergeOrSets(removed, added))).toEqual(["LC-001"]);
    expect(elementsOf(mergeOrSets(added, removed))).toEqual(["LC-001"]);
  });

  it("stays removed when the add it saw comes again", () => {
    const add = { kind: "add", element: "LC-001", tag: "1-a" } as const;
    const set = applyToOrSet(emptyOrSet, add);
    const removed = applyToOrSet(set, removalOf(set, "LC-001"));
    expect(elementsOf(applyToOrSet(removed, add))).toEqual([]);
  });
});

describe("last-writer-wins register", () => {
  it("holds the latest write whatever the order", () => {
    const stamps = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(stamps, (names) => {
        const writes: LwwRegister<number>[] = names.map((stamp, value) => ({ stamp, value }));
        const last = writes.reduce((best, write) => (write.stamp > best.stamp ? write : best));
        expect(writes.reduce(mergeRegisters)).toEqual(last);
        expect(writes.toReversed().reduce(mergeRegisters)).toEqual(last);
      }),
    );
  });
});
