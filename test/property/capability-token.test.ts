import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createBroker, type Grant } from "../../src/capability/broker.js";
import { verifyToken } from "../../src/capability/token.js";
import { compileWriteSet } from "../../src/capability/write-set.js";
import { grant, stillClock, testKey, testPublicKey } from "../unit/capability/samples.js";

const NOW = 1_780_000_000_000;
const broker = createBroker({ privateKey: testKey, clock: stillClock(NOW) });
const root = broker.mint(grant);
const context = { nowMs: NOW, epoch: grant.epoch, isRevoked: () => false };

const asked = fc.record({
  tools: fc.subarray(["Bash", "Edit", "Read", "Write", "spawn_agent"]),
  write: fc.subarray(["src/parse.ts", "src/other.ts", "src/*.ts", "test/**", "test/a/*", "**"]),
  max_complexity: fc.integer({ min: 1, max: 12 }),
  usd: fc.option(fc.integer({ min: 0, max: 20 })),
  tier: fc.constantFrom("implementation", "executive", "validation"),
  ttlMs: fc.option(fc.integer({ min: 1, max: 2_000_000 }), { nil: undefined }),
});

describe("tokens", () => {
  it("changed in any one character verify no more", () => {
    const alphabet = "ABCXYZabcxyz0189-_.=+/ \n\0";
    fc.assert(
      fc.property(fc.nat(root.token.length - 1), fc.constantFrom(...alphabet.split("")), (at, character) => {
        fc.pre(root.token.charAt(at) !== character);
        const changed = `${root.token.slice(0, at)}${character}${root.token.slice(at + 1)}`;
        expect(verifyToken(changed, { ...context, publicKey: testPublicKey }).ok).toBe(false);
      }),
      { numRuns: 10_000 },
    );
  });

  it("made of garbage are refused and never throw", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.anything(),
          fc.string().map((text) => `wn1.${text}`),
        ),
        (token) => {
          expect(broker.verifier.verify(token as string, context).ok).toBe(false);
        },
      ),
    );
  });

  it("handed on, whatever is asked for, hold no more than their parents", () => {
    fc.assert(
      fc.property(fc.array(asked, { minLength: 1, maxLength: 4 }), (chain) => {
        let parent = root;
        for (const wish of chain) {
          const { ttlMs, max_complexity, usd, ...rest } = wish;
          const limits = { ...grant.limits, max_complexity };
          const child = broker.attenuate(
            parent,
            { ...grant, ...rest, limits, budget: { usd, tokens: 1 } } as Grant,
            ttlMs,
          );
          if (!child.ok) return;
          const [below, above] = [child.value.capability, parent.capability];
          expect(below.tools.every((tool) => above.tools.includes(tool))).toBe(true);
          const names = ["src/parse.ts", "src/other.ts", "test/a/x", "test/b", "etc/x"];
          const [narrow, wide] = [compileWriteSet(below.write), compileWriteSet(above.write)];
          expect(names.filter((name) => narrow.has(name) && !wide.has(name))).toEqual([]);
          expect(below.limits.max_complexity).toBeLessThanOrEqual(above.limits.max_complexity);
          expect(below.exp).toBeLessThanOrEqual(above.exp);
          expect(below.tier).toBe(above.tier);
          expect(below.budget.usd ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(
            above.budget.usd ?? Number.POSITIVE_INFINITY,
          );
          parent = child.value;
        }
      }),
    );
  });
});
