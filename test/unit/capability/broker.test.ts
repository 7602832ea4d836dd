import { describe, expect, it } from "vitest";
import { createBroker, type Grant } from "../../../src/capability/broker.js";
import { verifyToken } from "../../../src/capability/token.js";
import { MAX_DELEGATION_DEPTH, TOKEN_TTL_MS } from "../../../src/kernel/bounds.js";
import { countingRandom, grant, stillClock, testKey, testPublicKey } from "./samples.js";

const NOW = 1_780_000_000_000;
function setUp() {
  const clock = stillClock(NOW);
  const broker = createBroker({ privateKey: testKey, clock, random: countingRandom() });
  return { clock, broker, root: broker.mint(grant) };
}

describe("minting", () => {
  it("gives a token for fifteen minutes, with sorted sets and no lineage", () => {
    const { broker, root } = setUp();
    expect(root.capability).toMatchObject({ depth: 0, parent: null, ancestors: [], nbf: NOW, exp: NOW + TOKEN_TTL_MS });
    const other = broker.mint({ ...grant, tools: ["b", "a", "b"], write: ["z", "y", "z"] }, 5_000);
    expect(other.capability).toMatchObject({ tools: ["a", "b"], write: ["y", "z"], exp: NOW + 5_000 });
    expect(other.capability.id).not.toBe(root.capability.id);
  });

  it("fills in identity and lineage itself, whatever a caller hands over", () => {
    const { broker } = setUp();
    const sly = { ...grant, id: "cap_mine", depth: 0, ancestors: [], exp: NOW * 2, v: 2 } as Grant;
    expect(broker.mint(sly).capability).toMatchObject({
      v: 1,
      id: expect.stringMatching(/^cap_0/),
      exp: NOW + TOKEN_TTL_MS,
    });
  });

  it("refuses a grant that does not fit the schema", () => {
    const { broker } = setUp();
    expect(() => broker.mint({ ...grant, plan_hash: "x" })).toThrow(/schema/);
    expect(() => broker.mint(grant, 0)).toThrow(/schema/);
  });
});

describe("renewing", () => {
  it("moves only the expiry, so that a revocation still holds", () => {
    const { broker, clock, root } = setUp();
    clock.set(NOW + 60_000);
    const renewed = broker.renew(root);
    expect(renewed.capability).toEqual({ ...root.capability, exp: NOW + 60_000 + TOKEN_TTL_MS });
    expect(renewed.hash).not.toBe(root.hash);
  });

  it("leaves a child as it is without its parent: it never outlives its ancestors", () => {
    const { broker, root } = setUp();
    const child = broker.attenuate(root, grant);
    expect(child.ok && broker.renew(child.value) === child.value).toBe(true);
  });

  it("of a child goes as far as its renewed parent, which it names", () => {
    const { broker, clock, root } = setUp();
    const child = broker.attenuate(root, grant);
    if (!child.ok) throw new Error(child.error.message);
    clock.set(NOW + 60_000);
    const parent = broker.renew(root);
    clock.set(NOW + 90_000);
    const { capability } = child.value;
    expect(broker.renew(child.value, parent).capability).toEqual({
      ...capability,
      parent: parent.hash,
      exp: parent.capability.exp,
    });
  });

  it("of a child under another's capability is a defect", () => {
    const { broker, root } = setUp();
    const child = broker.attenuate(root, grant);
    if (!child.ok) throw new Error(child.error.message);
    expect(() => broker.renew(child.value, broker.mint(grant))).toThrow(/its own parent/);
    const grandchild = broker.attenuate(child.value, grant);
    if (!grandchild.ok) throw new Error(grandchild.error.message);
    expect(() => broker.renew(grandchild.value, root)).toThrow(/its own parent/);
  });

  it("of a child is a defect where its parent has less by now", () => {
    const { broker, root } = setUp();
    const child = broker.attenuate(root, grant);
    if (!child.ok) throw new Error(child.error.message);
    const less = { ...root, capability: { ...root.capability, tools: ["Read"] } };
    expect(() => broker.renew(child.value, less)).toThrow(/within its parent's/);
  });

  it("of a child gives fifteen minutes at most, however long its parent has", () => {
    const { broker, clock } = setUp();
    const root = broker.mint(grant, 4 * TOKEN_TTL_MS);
    const child = broker.attenuate(root, grant);
    if (!child.ok) throw new Error(child.error.message);
    expect(child.value.capability.exp).toBe(NOW + TOKEN_TTL_MS);
    clock.set(NOW + 60_000);
    expect(broker.renew(child.value, root).capability.exp).toBe(NOW + 60_000 + TOKEN_TTL_MS);
  });

  it("makes it valid from now where the clock was put back", () => {
    const { broker, clock, root } = setUp();
    clock.set(NOW - 60_000);
    expect(broker.renew(root).capability).toMatchObject({ nbf: NOW - 60_000, exp: NOW - 60_000 + TOKEN_TTL_MS });
  });
});

describe("attenuation", () => {
  it("gives a child that names its parent and all its ancestors", () => {
    const { broker, root } = setUp();
    const child = broker.attenuate(root, { ...grant, agent: "implementer-1", write: ["test/a.ts"] });
    if (!child.ok) throw new Error(child.error.message);
    expect(child.value.capability).toMatchObject({ depth: 1, parent: root.hash, ancestors: [root.capability.id] });
    const grandchild = broker.attenuate(child.value, { ...grant, write: [] });
    if (!grandchild.ok) throw new Error(grandchild.error.message);
    const ids = [root.capability.id, child.value.capability.id];
    expect(grandchild.value.capability).toMatchObject({ depth: 2, parent: child.value.hash, ancestors: ids });
    const checked = verifyToken(grandchild.value.token, {
      publicKey: testPublicKey,
      nowMs: NOW,
      epoch: grant.epoch,
      isRevoked: () => false,
    });
    expect(checked.ok).toBe(true);
  });

  it.each<[string, Partial<Grant>]>([
    ["project", { project: "other" }],
    ["cycle", { cycle: 2 }],
    ["plan_hash", { plan_hash: "b".repeat(64) }],
    ["phase", { phase: "review" }],
    ["task", { task: "LC-002" }],
    ["tier", { tier: "executive" }],
    ["tier", { tier: "validation" }],
    ["epoch", { epoch: 4 }],
    ["tools", { tools: ["Bash", "Read"] }],
    ["write", { write: ["src/parse.ts", "src/other.ts"] }],
    ["write", { write: ["**"] }],
    ["limits.max_complexity", { limits: { ...grant.limits, max_complexity: 9 } }],
    ["limits.max_function_lines", { limits: { ...grant.limits, max_function_lines: 61 } }],
    ["limits.max_executions", { limits: { ...grant.limits, max_executions: 151 } }],
    ["budget.usd", { budget: { ...grant.budget, usd: 12.01 } }],
    ["budget.usd", { budget: { ...grant.budget, usd: null } }],
    ["budget.tokens", { budget: { ...grant.budget, tokens: null } }],
  ])("refuses more %s than the parent has, by name and without clipping", (component, change) => {
    const { broker, root } = setUp();
    const result = broker.attenuate(root, { ...grant, ...change });
    expect(result.ok).toBe(false);
    if (result.ok) return;
    expect(result.error).toMatchObject({ code: "ERROR_ATTENUATION", rule: "attenuation", violation: true });
    expect(result.error.message).toContain(component);
  });

  it.each<[string, Partial<Grant>]>([
    ["limits.max_complexity", { limits: { ...grant.limits, max_complexity: Number.NaN } }],
    ["limits.max_executions", { limits: { ...grant.limits, max_executions: Number.POSITIVE_INFINITY } }],
    ["budget.usd", { budget: { ...grant.budget, usd: Number.NaN } }],
    ["budget.tokens", { budget: { ...grant.budget, tokens: Number.NaN } }],
  ])("refuses a %s that is no number to compare", (component, change) => {
    const { broker, root } = setUp();
    const result = broker.attenuate(root, { ...grant, ...change });
    expect(result.ok ? "" : result.error.message).toContain(component);
  });

  it("names every component that reaches beyond, not the first alone", () => {
    const { broker, root } = setUp();
    const result = broker.attenuate(root, { ...grant, tools: ["Bash"], cycle: 2 });
    expect(result.ok ? "" : result.error.message).toMatch(/cycle.*tools 'Bash'/);
  });

  it("refuses a life longer than the parent's, and uses the parent's where none is asked for", () => {
    const { broker, clock, root } = setUp();
    const longer = broker.attenuate(root, grant, TOKEN_TTL_MS + 1);
    expect(longer.ok ? "" : longer.error.message).toContain("exp");
    clock.set(NOW + 60_000);
    const child = broker.attenuate(root, grant);
    expect(child.ok && child.value.capability.exp).toBe(root.capability.exp);
    expect(child.ok && child.value.capability.nbf).toBe(NOW + 60_000);
  });

  it("does not let a child outlive its parent where the clock ticks meanwhile", () => {
    let now = NOW;
    const broker = createBroker({ privateKey: testKey, clock: { nowMs: () => now++, sleep: async () => undefined } });
    const root = broker.mint(grant);
    const child = broker.attenuate(root, grant);
    expect(child.ok && child.value.capability.exp).toBe(root.capability.exp);
  });

  it("refuses a parent that has expired, is not yet valid, or was not signed by this broker", () => {
    const { broker, clock, root } = setUp();
    const forged = { ...root, token: `${root.token.slice(0, -2)}AA` };
    expect(broker.attenuate(forged, grant)).toMatchObject({ ok: false, error: { code: "ERROR_ATTENUATION" } });
    const widened = { ...root, capability: { ...root.capability, tools: ["Bash"] } };
    expect(broker.attenuate(widened, { ...grant, tools: ["Bash"] }).ok).toBe(false);
    clock.set(NOW - 1);
    expect(broker.attenuate(root, grant, 10).ok).toBe(false);
    clock.set(root.capability.exp);
    const late = broker.attenuate(root, grant);
    expect(late.ok ? "" : late.error.message).toContain("expired");
  });

  it("ends at the greatest depth", () => {
    const { broker, root } = setUp();
    let made = root;
    for (let depth = 1; depth <= MAX_DELEGATION_DEPTH; depth += 1) {
      const child = broker.attenuate(made, grant);
      if (!child.ok) throw new Error(child.error.message);
      made = child.value;
    }
    const beyond = broker.attenuate(made, grant);
    expect(beyond.ok ? "" : beyond.error.message).toContain("depth 5");
  });

  it("lets a child of an unbounded budget have a bound or none", () => {
    const { broker } = setUp();
    const root = broker.mint({ ...grant, budget: { usd: null, tokens: null } });
    expect(broker.attenuate(root, grant).ok).toBe(true);
    expect(broker.attenuate(root, { ...grant, budget: { usd: null, tokens: null } }).ok).toBe(true);
  });
});
