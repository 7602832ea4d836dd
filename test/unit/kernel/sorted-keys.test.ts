import fc from "fast-check";
import { expect, it } from "vitest";
import { canonicalJson, frozenCopy } from "../../../src/kernel/canonical.js";
import { sortedKeys } from "../../../src/kernel/sorted-keys.js";

it("gives the keys of any object in code-unit order, few or many", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ unit: "binary" }), { maxLength: 50 }), (keys) => {
      const object = Object.fromEntries(keys.map((key) => [key, 1]));
      expect(sortedKeys(object)).toEqual(Object.keys(object).sort());
    }),
  );
  const keys = ["10", "9", "a", "b", "\u{1F600}", "\uFFFD"];
  expect(sortedKeys(Object.fromEntries(keys.toReversed().map((key) => [key, 1])))).toEqual(keys);
});

it("copies any JSON value and freezes the copy through and through, leaving the original as it was", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const copy = frozenCopy(value);
      expect(canonicalJson(copy)).toBe(canonicalJson(value));
      expect(Object.isFrozen(copy)).toBe(true);
      if (value !== null && typeof value === "object")
        expect([copy === value, Object.isFrozen(value)]).toEqual([false, false]);
    }),
  );
  const copy = frozenCopy({ a: [{ b: 1 }], ["__proto__"]: { c: 2 } });
  expect(Object.isFrozen(copy.a[0])).toBe(true);
  expect(Object.keys(copy)).toEqual(["a", "__proto__"]);
  let deep: unknown = 1;
  for (let depth = 0; depth < 1_000; depth += 1) deep = [deep];
  expect(() => frozenCopy(deep)).toThrow("nested too deeply");
});
