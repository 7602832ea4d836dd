import fc from "fast-check";
import picomatch from "picomatch";
import { describe, expect, it } from "vitest";
import { compileWriteSet, isSubsetOf, mayOverlap } from "../../src/capability/write-set.js";

const name = fc
  .array(fc.constantFrom("a", "b", ".", "ab"), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join(""));
const plain = name.filter((text) => !/^\.+$/.test(text));
const path = fc.array(plain, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
const wild = fc
  .array(fc.constantFrom("a", "b", "*", "?", "[ab]", "[!a]"), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join(""));
const step = fc.oneof(plain, wild, fc.constant("**"));
const pattern = fc.array(step, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
const set = fc.array(fc.oneof(path, pattern), { maxLength: 4 });

describe("write sets", () => {
  it("match as picomatch does, but for the folder a trailing ** stands in", () => {
    fc.assert(
      fc.property(pattern, path, (entry, file) => {
        fc.pre(!entry.includes("[") && !/\*\*[^/]|[^/]\*\*/.test(entry));
        const theirs = picomatch(entry, { dot: true, nonegate: true, noextglob: true, strictSlashes: true });
        const isFolderItself = entry.endsWith("/**") && theirs(file) && !compileWriteSet([entry]).has(file);
        if (isFolderItself) expect(picomatch(entry.slice(0, -3), { dot: true })(file)).toBe(true);
        else expect(compileWriteSet([entry]).has(file)).toBe(theirs(file));
      }),
      { numRuns: 10_000 },
    );
  });

  it("of a subset name no path that the parent does not", () => {
    fc.assert(
      fc.property(set, set, path, (child, parent, file) => {
        if (isSubsetOf(child, parent) && compileWriteSet(child).has(file))
          expect(compileWriteSet(parent).has(file)).toBe(true);
      }),
      { numRuns: 10_000 },
    );
  });

  it("that share a path are said to overlap", () => {
    fc.assert(
      fc.property(set, set, path, (left, right, file) => {
        if (compileWriteSet(left).has(file) && compileWriteSet(right).has(file))
          expect(mayOverlap(left, right)).toBe(true);
      }),
      { numRuns: 10_000 },
    );
  });

  it("say the same of many patterns as of each alone", () => {
    fc.assert(
      fc.property(set, path, (entries, file) => {
        const each = entries.some((entry) => compileWriteSet([entry]).has(file));
        expect(compileWriteSet(entries).has(file)).toBe(each);
      }),
      { numRuns: 10_000 },
    );
  });
});
