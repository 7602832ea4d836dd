import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createBroker, type Grant } from "../../src/capability/broker.js";
import { verifyToken } from "../../src/capability/token.js";
import { compileWriteSet } from "../../src/capability/write-set.js";
import { MAX_DELEGATION_DEPTH, TOKEN_TTL_MS } from "../../src/kernel/bounds.js";
import type { Capability } from "../../src/schema/capability.js";
import { grant, stillClock, testKey, testPublicKey } from "../unit/capability/samples.js";

const NOW = 1_780_000_000_000;
const broker = createBroker({ privateKey: testKey, clock: stillClock(NOW) });
const root = broker.mint(grant);
const context = { nowMs: NOW, epoch: grant.epoch, isRevoked: () => false };

/** Mostly what the parent holds, so that chains grow long enough to be told from their beginning. */
const often = <T>(...others: readonly T[]): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
/** Numbers about a parent's, below and above, and no bound. */
const about = (middle: number): fc.Arbitrary<number | undefined> => often(1, middle - 1, middle + 1, middle * 2);

const asked = fc.record({
  project: often("other"),
  tier: often<Grant["tier"]>("executive", "validation"),
  task: often("LC-002"),
  cycle: often(0, 2),
  plan_hash: often("b".repeat(64)),
  phase: often("later"),
  epoch: often(2, 4),
  tools: often(["Edit"], ["Read", "Write"], ["Bash", "Read"], ["spawn_agent"], []),
  write: often(["src/parse.ts"], ["src/*.ts"], ["test/a/*"], ["**"], ["src/other.ts"], ["test/**", "test/a/x"], []),
  max_complexity: about(grant.limits.max_complexity),
  max_function_lines: about(grant.limits.max_function_lines),
  max_executions: about(grant.limits.max_executions),
  usd: fc.oneof(about(12), often(null, 0)),
  tokens: fc.oneof(about(4_000_000), often(null, 0)),
  ttlMs: often(1, TOKEN_TTL_MS, TOKEN_TTL_MS + 1),
});
type Wish = typeof asked extends fc.Arbitrary<infer W> ? W : never;

/** What is asked for: the parent's own, but for what the wish names. */
function grantOf(parent: Capability, wish: Omit<Wish, "ttlMs">): Grant {
  const { max_complexity, max_function_lines, max_executions, usd, tokens, ...rest } = defined(wish);
  const limits = { ...parent.limits, ...defined({ max_complexity, max_function_lines, max_executions }) };
  return { ...grant, ...parent, ...rest, limits, budget: { ...parent.budget, ...defined({ usd, tokens }) } } as Grant;
}

function defined<T extends object>(members: T): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T;
}

const SAME = ["project", "tier", "task", "cycle", "plan_hash", "phase", "epoch"] as const;
const NAMES = ["src/parse.ts", "src/other.ts", "test/a/x", "test/b", "etc/x"];

/** Every number that bounds a capability; no bound is above all. */
function boundsOf({ limits, budget, exp, nbf }: Capability): number[] {
  return [...Object.values(limits), budget.usd, budget.tokens, exp, -nbf].map(
    (bound) => bound ?? Number.POSITIVE_INFINITY,
  );
}

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
    let deepest = 0;
    let refused = 0;
    fc.assert(
      fc.property(fc.array(asked, { minLength: 1, maxLength: 6 }), (chain) => {
        let parent = root;
        for (const { ttlMs, ...wish } of chain) {
          const child = broker.attenuate(parent, grantOf(parent.capability, wish), ttlMs);
          refused += child.ok ? 0 : 1;
          if (!child.ok) return;
          const [below, above] = [child.value.capability, parent.capability];
          for (const name of SAME) expect(below[name]).toBe(above[name]);
          expect(below.tools.filter((tool) => !above.tools.includes(tool))).toEqual([]);
          const [narrow, wide] = [compileWriteSet(below.write), compileWriteSet(above.write)];
          expect(NAMES.filter((name) => narrow.has(name) && !wide.has(name))).toEqual([]);
          const most = boundsOf(above);
          expect(boundsOf(below).filter((bound, index) => bound > (most[index] ?? 0))).toEqual([]);
          expect(below.ancestors).toEqual([...above.ancestors, above.id]);
          expect(below.depth).toBeLessThanOrEqual(MAX_DELEGATION_DEPTH);
          deepest = Math.max(deepest, below.depth);
          parent = child.value;
        }
      }),
      { numRuns: 2_000 },
    );
    expect(deepest).toBe(MAX_DELEGATION_DEPTH);
    expect(refused).toBeGreaterThan(0);
  });
});
