import { generateKeyPairSync, sign } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createBroker } from "../../../src/capability/broker.js";
import {
  createSigner,
  type SignedCapability,
  signCapability,
  tokenHash,
  verifyToken,
} from "../../../src/capability/token.js";
import { MAX_DELEGATION_DEPTH, MAX_TOKEN_CACHE } from "../../../src/kernel/bounds.js";
import { canonicalJson } from "../../../src/kernel/canonical.js";
import { countingRandom, grant, stillClock, testKey, testPublicKey } from "./samples.js";
import { buildVectors, type TokenVector } from "./token-vectors.js";

const FILE = new URL("../../vectors/tokens.json", import.meta.url);
const NOW = 1_780_000_000_000;
const mint = () => createBroker({ privateKey: testKey, clock: stillClock(NOW), random: countingRandom() }).mint(grant);
const never = () => false;
const fresh = { nowMs: NOW, epoch: grant.epoch, isRevoked: never };

const made = `${JSON.stringify(buildVectors(), null, 2)}\n`;
if (process.env["WORKNODE_WRITE_VECTORS"] === "1") writeFileSync(FILE, made);

describe("the token vectors", () => {
  it("are what the code makes (WORKNODE_WRITE_VECTORS=1 writes them)", () => {
    expect(readFileSync(FILE, "utf8")).toBe(made);
  });

  const { vectors } = JSON.parse(readFileSync(FILE, "utf8")) as { vectors: TokenVector[] };

  it("hold valid and failing ones of every fault", () => {
    const faults = new Set(vectors.map(({ fault }) => fault));
    const all = [null, "malformed", "bad-signature", "bad-payload", "not-canonical", "not-yet-valid", "expired"];
    expect(faults).toEqual(new Set([...all, "earlier-epoch", "later-epoch", "revoked"]));
    expect(vectors.length).toBeGreaterThan(50);
  });

  it.each(vectors)("$name: $fault", ({ token, now_ms, epoch, revoked, fault }) => {
    const isRevoked = (ids: readonly string[]): boolean => ids.some((id) => revoked.includes(id));
    const context = { nowMs: now_ms, epoch, isRevoked };
    const verifier = createSigner(testKey).verifier;
    for (const result of [
      verifyToken(token, { ...context, publicKey: testPublicKey }),
      verifier.verify(token, context),
      verifier.verify(token, context),
    ]) {
      expect(result.ok ? null : result.error).toBe(fault);
    }
  });
});

describe("verifying a token", () => {
  it("needs nothing but the key, and gives back what was signed, frozen", () => {
    const made = mint();
    const result = verifyToken(made.token, { ...fresh, publicKey: testPublicKey });
    expect(result).toEqual({ ok: true, value: made.capability });
    if (result.ok) {
      expect(Object.isFrozen(result.value)).toBe(true);
      expect(Object.isFrozen(result.value.write)).toBe(true);
      expect(Object.isFrozen(result.value.limits)).toBe(true);
    }
  });

  it("refuses a key that is not an Ed25519 public key", () => {
    const { token } = mint();
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey;
    const ed448 = generateKeyPairSync("ed448").publicKey;
    for (const publicKey of [rsa, ed448, testKey]) {
      expect(verifyToken(token, { ...fresh, publicKey })).toEqual({ ok: false, error: "bad-signature" });
    }
  });

  it("refuses a key of another kind though a signature of it fits", () => {
    const { capability } = mint();
    const payload = Buffer.from(canonicalJson(capability));
    const rsa = generateKeyPairSync("rsa", { modulusLength: 512 });
    const seal = sign(null, Buffer.concat([Buffer.from("worknode capability v1\n"), payload]), rsa.privateKey);
    expect(seal).toHaveLength(64);
    const token = `wn1.${payload.toString("base64url")}.${seal.toString("base64url")}`;
    expect(verifyToken(token, { ...fresh, publicKey: rsa.publicKey })).toEqual({ ok: false, error: "bad-signature" });
  });

  it("refuses a grandchild once any of its ancestors is revoked", () => {
    const broker = createBroker({ privateKey: testKey, clock: stillClock(NOW), random: countingRandom() });
    const lineage = [broker.mint(grant)];
    for (let depth = 1; depth <= MAX_DELEGATION_DEPTH; depth += 1) {
      const child = broker.attenuate(lineage.at(-1) as SignedCapability, grant);
      if (!child.ok) throw new Error(child.error.message);
      lineage.push(child.value);
    }
    const last = lineage.at(-1) as SignedCapability;
    for (const { capability } of lineage) {
      const isRevoked = (ids: readonly string[]): boolean => ids.includes(capability.id);
      const revoked = { ok: false, error: "revoked" };
      expect(verifyToken(last.token, { ...fresh, isRevoked, publicKey: testPublicKey })).toEqual(revoked);
      expect(broker.verifier.verify(last.token, { ...fresh, isRevoked })).toEqual(revoked);
    }
  });

  it("looks at no text beyond a megabyte, whatever its form", () => {
    const long = (chars: number) => `wn1.${"A".repeat(chars - 91)}.${"A".repeat(86)}`;
    const faultOf = (token: string) => verifyToken(token, { ...fresh, publicKey: testPublicKey });
    expect(faultOf(long(1_048_575))).toEqual({ ok: false, error: "bad-signature" });
    expect(faultOf(long(1_048_579))).toEqual({ ok: false, error: "malformed" });
  });

  it("refuses where the time, the epoch or the revocations are not known", () => {
    const { token } = mint();
    const broken = (): boolean => {
      throw new Error("store closed");
    };
    const verify = (change: object) => verifyToken(token, { ...fresh, publicKey: testPublicKey, ...change });
    expect(verify({ nowMs: Number.NaN }).ok).toBe(false);
    expect(verify({ nowMs: undefined }).ok).toBe(false);
    expect(verify({ epoch: Number.NaN }).ok).toBe(false);
    expect(verify({ epoch: undefined }).ok).toBe(false);
    expect(verify({ isRevoked: broken })).toEqual({ ok: false, error: "revocation-unknown" });
    expect(verify({ isRevoked: () => undefined })).toEqual({ ok: false, error: "revocation-unknown" });
  });

  it("refuses what is not text, and text beyond the bound", () => {
    for (const token of [undefined, null, 1, {}, [], `wn1.${"A".repeat(2_000_000)}.A`]) {
      const result = verifyToken(token as string, { ...fresh, publicKey: testPublicKey });
      expect(result).toEqual({ ok: false, error: "malformed" });
    }
  });

  it("checks time, epoch and revocation again on every call, also of a remembered token", () => {
    const verifier = createSigner(testKey).verifier;
    const { token, capability } = mint();
    expect(verifier.verify(token, fresh).ok).toBe(true);
    expect(verifier.verify(token, { ...fresh, nowMs: capability.exp })).toEqual({ ok: false, error: "expired" });
    expect(verifier.verify(token, { ...fresh, epoch: 4 })).toEqual({ ok: false, error: "earlier-epoch" });
    expect(verifier.verify(token, { ...fresh, isRevoked: () => true })).toEqual({ ok: false, error: "revoked" });
    expect(verifier.verify(token, fresh).ok).toBe(true);
  });

  it("gives the same object for the same token, so that what is derived from it can be kept", () => {
    const verifier = createSigner(testKey).verifier;
    const { token } = mint();
    const first = verifier.verify(token, fresh);
    const again = verifier.verify(`${token}x`.slice(0, -1), fresh);
    expect(first.ok && again.ok && first.value === again.value).toBe(true);
  });

  it("knows what its own key signed, and nothing that looks like it", () => {
    const broker = createBroker({ privateKey: testKey, clock: stillClock(NOW), random: countingRandom() });
    const { token, capability } = broker.mint(grant);
    const known = broker.verifier.verify(token, fresh);
    expect(known.ok && known.value === capability).toBe(true);
    expect(Object.isFrozen(capability.write)).toBe(true);
    expect(broker.verifier.verify(token, { ...fresh, isRevoked: () => true }).ok).toBe(false);
    const other = `${token.slice(0, -2)}${token.endsWith("AA") ? "BA" : "AA"}`;
    expect(broker.verifier.verify(other, fresh).ok).toBe(false);
    const forger = createBroker({ privateKey: generateKeyPairSync("ed25519").privateKey, clock: stillClock(NOW) });
    expect(broker.verifier.verify(forger.mint(grant).token, fresh)).toEqual({ ok: false, error: "bad-signature" });
  });

  it("remembers a bounded number of tokens and still verifies the first", () => {
    const broker = createBroker({ privateKey: testKey, clock: stillClock(NOW), random: countingRandom() });
    const verifier = createSigner(testKey).verifier;
    const first = broker.mint({ ...grant, write: [] });
    const before = verifier.verify(first.token, fresh);
    for (let index = 0; index < MAX_TOKEN_CACHE; index += 1)
      verifier.verify(broker.mint({ ...grant, write: [] }).token, fresh);
    const after = verifier.verify(first.token, fresh);
    expect(before.ok && after.ok && before.value !== after.value).toBe(true);
    expect(after).toEqual(before);
  });
});

describe("signing a capability", () => {
  it("refuses what would not verify", () => {
    const { capability } = mint();
    expect(() => signCapability({ ...capability, tools: ["b", "a"] }, testKey)).toThrow(/schema/);
    expect(() => signCapability({ ...capability, exp: 0 }, testKey)).toThrow(/schema/);
    const child = { ...capability, depth: 1, parent: "a".repeat(64) };
    for (const ancestors of [[], ["cap_1", "cap_2"]])
      expect(() => signCapability({ ...child, ancestors }, testKey)).toThrow(/schema/);
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    expect(() => signCapability(capability, rsa)).toThrow(/Ed25519/);
  });

  it("is deterministic and named by its SHA-256", () => {
    const made = mint();
    expect(signCapability(made.capability, testKey)).toEqual(made);
    expect(made.hash).toBe(tokenHash(made.token));
    expect(made.hash).toMatch(/^[0-9a-f]{64}$/);
  });
});
