import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import type { Grant } from "../../../src/capability/broker.js";
import type { Clock } from "../../../src/kernel/clock.js";
import type { Random } from "../../../src/kernel/ids.js";

/** A fixed Ed25519 key, for tests only: its 32 seed bytes are 0x01 to 0x20. */
export const TEST_SEED = Buffer.from(Array.from({ length: 32 }, (_, index) => index + 1));
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

/** The private key whose 32 seed bytes are given. */
export function keyFromSeed(seed: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: "der", type: "pkcs8" });
}

export const testKey = keyFromSeed(TEST_SEED);
export const testPublicKey = createPublicKey(testKey);

/** A clock that stands still until it is set. */
export function stillClock(nowMs: number): Clock & { nowMs: () => number; set(ms: number): void } {
  let now = nowMs;
  return { nowMs: () => now, set: (ms) => void (now = ms), sleep: async (ms) => void (now += ms) };
}

/** Randomness that counts. */
export function countingRandom(): Random {
  let next = 0;
  return {
    hex: (count) => {
      next += 1;
      return next.toString(16).padStart(count * 2, "0");
    },
  };
}

export const grant: Grant = {
  project: "linkcheck",
  agent: "implementer",
  role: "implementer",
  tier: "implementation",
  task: "LC-001",
  cycle: 1,
  plan_hash: "a".repeat(64),
  phase: "execute",
  tools: ["Edit", "Glob", "Grep", "Read", "Write", "submit_result"],
  write: ["src/parse.ts", "test/**"],
  limits: { max_complexity: 8, max_function_lines: 60, max_executions: 150 },
  budget: { usd: 12, tokens: 4_000_000 },
  epoch: 3,
};
