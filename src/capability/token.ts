import { createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { assert } from "../kernel/assert.js";
import { MAX_TOKEN_CACHE } from "../kernel/bounds.js";
import { canonicalJson, deepFreeze, sha256Hex } from "../kernel/canonical.js";
import { err, ok, type Result } from "../kernel/result.js";
import { type Capability, capabilitySchema } from "../schema/capability.js";

/**
 * `wn1.<base64url payload>.<base64url signature>` (DESIGN §6): Ed25519 over a domain prefix and the
 * canonical payload bytes. One algorithm, no header to confuse, one encoding per capability.
 */
const PREFIX = "wn1.";
const DOMAIN = "worknode capability v1\n";
const MAX_TOKEN_CHARS = 1_048_576;
const BASE64URL = /^[A-Za-z0-9_-]+$/;
/** Characters of tokens that are found by the string itself: hashing one costs more than all else there is to check. */
const MAX_RECENT_CHARS = 4 * MAX_TOKEN_CHARS;

/** Why a token is not accepted. */
export type TokenFault =
  | "malformed"
  | "bad-signature"
  | "bad-payload"
  | "not-canonical"
  | "not-yet-valid"
  | "expired"
  | "earlier-epoch"
  | "later-epoch"
  | "revoked"
  | "revocation-unknown";

/** What a token is checked against; nothing here needs a database or a network. */
export interface TokenContext {
  readonly publicKey: KeyObject;
  readonly nowMs: number;
  readonly epoch: number;
  isRevoked(ids: readonly string[]): boolean;
}

/** A capability and the token that carries it. */
export interface SignedCapability {
  readonly token: string;
  readonly hash: string;
  readonly capability: Capability;
}

/** Signs a capability. Throws InvariantError on one that would not verify. */
export function signCapability(capability: Capability, privateKey: KeyObject): SignedCapability {
  assert(privateKey.asymmetricKeyType === "ed25519", "capabilities are signed with Ed25519");
  const payload = Buffer.from(canonicalJson(capability), "utf8");
  const parsed = parsePayload(payload);
  assert(parsed.ok, "a capability must fit its schema");
  const signature = sign(null, signedBytes(payload), privateKey);
  const token = `${PREFIX}${payload.toString("base64url")}.${signature.toString("base64url")}`;
  return { token, hash: tokenHash(token), capability: parsed.value };
}

/** SHA-256 of a token: how records and children name it without holding it. */
export function tokenHash(token: string): string {
  return sha256Hex(token);
}

/** Verifies everything about a token, offline and in constant time but for its own size. Never throws. */
export function verifyToken(token: string, context: TokenContext): Result<Capability, TokenFault> {
  if (typeof token !== "string") return err("malformed");
  const opened = openToken(token, context.publicKey);
  return opened.ok ? checkValidity(opened.value, context) : opened;
}

/** A verifier that remembers signatures already checked. */
export interface TokenVerifier {
  /** As `verifyToken`; time, epoch and revocation are checked on every call. */
  verify(token: string, context: Omit<TokenContext, "publicKey">): Result<Capability, TokenFault>;
}

/** A key pair at work: what it signs, its verifier knows without reading and checking it again. */
export interface TokenSigner {
  /** As `signCapability`. */
  readonly sign: (capability: Capability) => SignedCapability;
  readonly verifier: TokenVerifier;
}

/** Makes a signer; only the broker has one. Tokens found good are remembered by SHA-256, at most MAX_TOKEN_CACHE of them. */
export function createSigner(privateKey: KeyObject): TokenSigner {
  const known = new Map<string, Capability>();
  return {
    sign(capability) {
      const signed = signCapability(capability, privateKey);
      remember(known, { key: signed.hash, capability: signed.capability, limit: MAX_TOKEN_CACHE });
      return signed;
    },
    verifier: verifierWith(known, createPublicKey(privateKey)),
  };
}

function verifierWith(known: Map<string, Capability>, publicKey: KeyObject): TokenVerifier {
  const recent = recentTokens();
  const openOnce = (token: string): Result<Capability, TokenFault> => {
    if (typeof token !== "string") return err("malformed");
    const hash = tokenHash(token);
    const hit = known.get(hash);
    if (hit !== undefined) return ok(hit);
    const opened = openToken(token, publicKey);
    if (opened.ok) remember(known, { key: hash, capability: opened.value, limit: MAX_TOKEN_CACHE });
    return opened;
  };
  return {
    verify(token, context) {
      const hit = recent.get(token);
      if (hit !== undefined) return checkValidity(hit, context);
      const opened = openOnce(token);
      if (!opened.ok) return opened;
      recent.add(token, opened.value);
      return checkValidity(opened.value, context);
    },
  };
}

/** Tokens by the string itself: the newest, up to MAX_RECENT_CHARS of all together and MAX_TOKEN_CACHE of them. */
function recentTokens() {
  const found = new Map<string, Capability>();
  let chars = 0;
  return {
    get: (token: string) => found.get(token),
    add(token: string, capability: Capability) {
      found.set(token, capability);
      chars += token.length;
      for (const oldest of found.keys()) {
        if (chars <= MAX_RECENT_CHARS && found.size <= MAX_TOKEN_CACHE) return;
        found.delete(oldest);
        chars -= oldest.length;
      }
    },
  };
}

/** Adds an entry; the oldest makes room. */
function remember(cache: Map<string, Capability>, entry: { key: string; capability: Capability; limit: number }): void {
  const oldest = cache.size >= entry.limit ? cache.keys().next().value : undefined;
  if (oldest !== undefined) cache.delete(oldest);
  cache.set(entry.key, entry.capability);
}

function openToken(token: string, publicKey: KeyObject): Result<Capability, TokenFault> {
  const parts = splitToken(token);
  if (parts === undefined) return err("malformed");
  if (!isSigned(parts, publicKey)) return err("bad-signature");
  return parsePayload(parts.payload);
}

/** A key of another kind would make `verify` use another algorithm, so it verifies nothing. */
function isSigned(parts: TokenParts, publicKey: KeyObject): boolean {
  if (publicKey.asymmetricKeyType !== "ed25519" || publicKey.type !== "public") return false;
  return verify(null, signedBytes(parts.payload), publicKey, parts.signature);
}

interface TokenParts {
  readonly payload: Buffer;
  readonly signature: Buffer;
}

function splitToken(token: string): TokenParts | undefined {
  if (token.length > MAX_TOKEN_CHARS || !token.startsWith(PREFIX)) return undefined;
  const parts = token.slice(PREFIX.length).split(".");
  const [payload, signature] = parts.map(decodeExactly);
  if (parts.length !== 2 || payload === undefined || signature?.length !== 64) return undefined;
  return { payload, signature };
}

/** Bytes of base64url text that is exactly what encoding them gives: no padding, no spare bits. */
function decodeExactly(text: string): Buffer | undefined {
  if (!BASE64URL.test(text)) return undefined;
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : undefined;
}

function parsePayload(payload: Buffer): Result<Capability, TokenFault> {
  const parsed = capabilitySchema.safeParse(parseJson(payload.toString("utf8")));
  if (!parsed.success || !isConsistent(parsed.data)) return err("bad-payload");
  const { data } = parsed;
  const same = Buffer.from(canonicalJson(data), "utf8").equals(payload);
  return same && isSortedSet(data.tools) && isSortedSet(data.write) ? ok(deepFreeze(data)) : err("not-canonical");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What the schema cannot say: lineage and depth agree, and there is a time at which it is valid. */
function isConsistent(capability: Capability): boolean {
  const { depth, ancestors, parent, nbf, exp } = capability;
  return ancestors.length === depth && (parent === null) === (depth === 0) && nbf < exp;
}

/** One encoding per capability: lists that are sets are sorted and hold nothing twice. */
function isSortedSet(items: readonly string[]): boolean {
  return items.every((item, index) => index === 0 || (items[index - 1] ?? "") < item);
}

/** Written so that a time or an epoch that is not a number is refused. */
function checkValidity(
  capability: Capability,
  context: Omit<TokenContext, "publicKey">,
): Result<Capability, TokenFault> {
  if (!(capability.epoch >= context.epoch)) return err("earlier-epoch");
  if (capability.epoch !== context.epoch) return err("later-epoch");
  if (!(context.nowMs >= capability.nbf)) return err("not-yet-valid");
  if (!(context.nowMs < capability.exp)) return err("expired");
  return checkRevocation(capability, context);
}

function checkRevocation(
  capability: Capability,
  context: Omit<TokenContext, "publicKey">,
): Result<Capability, TokenFault> {
  try {
    const revoked = context.isRevoked([capability.id, ...capability.ancestors]);
    if (typeof revoked !== "boolean") return err("revocation-unknown");
    return revoked ? err("revoked") : ok(capability);
  } catch {
    return err("revocation-unknown");
  }
}

function signedBytes(payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from(DOMAIN, "utf8"), payload]);
}
