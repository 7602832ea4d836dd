import { generateKeyPairSync } from "node:crypto";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createBroker, type Grant } from "../../../src/capability/broker.js";
import { holdCapability } from "../../../src/crew/agent/delegation.js";
import { renewHeld } from "../../../src/crew/agent/grants.js";
import { holdsCapability } from "../../../src/crew/call/facts.js";
import type { Crew, Held } from "../../../src/crew/state/context.js";
import { ELEVATED_TTL_MS, MAX_SHELL_TIMEOUT_MS, TOKEN_TTL_MS } from "../../../src/kernel/bounds.js";
import { holderOf, type Lease } from "../../../src/store/lease.js";
import { temporaryDirectory } from "../effect/fixture.js";

const GRANT: Grant = {
  project: "p",
  agent: "dev",
  role: "dev",
  tier: "implementation",
  task: "A",
  cycle: 1,
  plan_hash: "a".repeat(64),
  phase: "build",
  tools: ["Read"],
  write: ["a.md"],
  limits: { max_complexity: 8, max_function_lines: 60, max_executions: 150 },
  budget: { usd: null, tokens: null },
  epoch: 1,
};
const MINUTE = 60_000;
const MINE: Lease = { name: "cycle:1", fence: 1, held: true, ...holderOf(process.pid, "me") };

/** A crew of which only the clock, the broker and the lease matter. */
function crewAt(lease: Lease | undefined): {
  crew: Crew;
  pass: (ms: number) => void;
  revoke: (id: string) => void;
  valid: (token: string) => boolean;
} {
  let nowMs = 1_000_000;
  const clock = { nowMs: () => nowMs, sleep: async () => undefined };
  const broker = createBroker({ privateKey: generateKeyPairSync("ed25519").privateKey, clock });
  const revoked = new Set<string>();
  const authority = () => ({ epoch: 1, isRevoked: (ids: string[]) => ids.some((id) => revoked.has(id)) });
  const store = { lease: { read: () => lease }, authority };
  return {
    crew: { clock, broker, cycle: 1, epoch: 1, held: new Map(), store } as unknown as Crew,
    revoke: (id) => void revoked.add(id),
    pass: (ms) => (nowMs += ms),
    valid: (token) => broker.verifier.verify(token, { nowMs, epoch: 1, isRevoked: () => false }).ok,
  };
}

describe("a capability that is held", () => {
  it("stays valid through forty minutes of work, and after a long wait, while the lease holds", () => {
    const { crew, pass, valid } = crewAt(MINE);
    const held = holdCapability(crew, "dev/A/work", () => crew.broker.mint(GRANT));
    const { id } = held.minted.capability;
    for (let minute = 0; minute < 40; minute += 5) {
      pass(5 * MINUTE);
      renewHeld(crew, held);
      expect(valid(held.minted.token)).toBe(true);
    }
    pass(50 * MINUTE);
    renewHeld(crew, held);
    expect(valid(held.minted.token)).toBe(true);
    expect(held.minted.capability.id).toBe(id);
    expect(holdCapability(crew, "dev/A/work", () => crew.broker.mint(GRANT))).toBe(held);
  });

  it.each([
    ["is another's", { ...MINE, pid: process.pid + 1 }],
    ["is of a process of this number in another container", { ...MINE, startTime: "1@00000000" }],
    ["shows another's sign of life", { ...MINE, sign: join(temporaryDirectory(), "another") }],
    ["was released", { ...MINE, held: false }],
    ["was never taken", undefined],
  ])("ends after its fifteen minutes where the lease %s", (_, lease) => {
    const { crew, pass, valid } = crewAt(lease);
    const held = holdCapability(crew, "dev/A/work", () => crew.broker.mint(GRANT));
    pass(TOKEN_TTL_MS - MINUTE);
    renewHeld(crew, held);
    expect(valid(held.minted.token)).toBe(true);
    pass(2 * MINUTE);
    renewHeld(crew, held);
    expect(valid(held.minted.token)).toBe(false);
  });

  it("that was handed on is renewed with those it descends from, and not past them", () => {
    const { crew, pass, valid } = crewAt(MINE);
    const root = holdCapability(crew, "lead/A/work", () => crew.broker.mint({ ...GRANT, agent: "lead" }));
    const minted = crew.broker.attenuate(root.minted, GRANT);
    if (!minted.ok) throw new Error(minted.error.message);
    const child: Held = { ...root, minted: minted.value, lineage: [root] };
    for (let minute = 0; minute < 40; minute += 5) {
      pass(5 * MINUTE);
      renewHeld(crew, child);
      expect(valid(child.minted.token)).toBe(true);
      expect(child.minted.capability.exp).toBeLessThanOrEqual(root.minted.capability.exp);
    }
    expect(child.minted.capability).toMatchObject({ depth: 1, parent: root.minted.hash });
  });

  it("of the elevated grant ends after its two hours, whatever the lease", () => {
    const { crew, pass, valid } = crewAt(MINE);
    const held = holdCapability(crew, "fire/A/work", () => crew.broker.mint(GRANT, ELEVATED_TTL_MS));
    pass(ELEVATED_TTL_MS - MINUTE);
    renewHeld(crew, held);
    expect(valid(held.minted.token)).toBe(true);
    pass(2 * MINUTE);
    renewHeld(crew, held);
    expect(valid(held.minted.token)).toBe(false);
  });

  it("holds to the end of the longest command, begun with half its life left, unless it is revoked or the lease is lost", () => {
    const crews = { mine: crewAt(MINE), lost: crewAt(undefined), ended: crewAt(MINE) };
    const holds = Object.values(crews).map(({ crew, pass, revoke }) => {
      const held = holdCapability(crew, "dev/A/work", () => crew.broker.mint(GRANT));
      pass(TOKEN_TTL_MS / 2);
      expect(holdsCapability(crew, held)).toBe(true);
      if (crew === crews.ended.crew) revoke(held.minted.capability.id);
      pass(MAX_SHELL_TIMEOUT_MS);
      return holdsCapability(crew, held);
    });
    expect(holds).toEqual([true, false, false]);
  });
});
