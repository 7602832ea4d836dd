import { type KeyObject, sign, verify } from "node:crypto";
import { MAX_TOKEN_CACHE } from "../kernel/bounds.js";
import { canonicalJson, sha256Hex } from "../kernel/canonical.js";
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

/** Why a token is not accepted. */
export type TokenFault =
  | "malformed"
  | "bad-signature"
  | "bad-payload"
  | "not-canonical"
  | "not-yet-valid"
  | "expired"
  | "earlier-epoch"
  | "revoked";

/** What a token is checked against; nothing here needs a database or a network. */
export interface TokenContext {
  readonly publicKey: KeyObject;
  readonly nowMs: number;
  readonly epoch: number;
  isRevoked(ids: readonly string[]): boolean;
}

/** Signs a capability. Only the broker calls this. */
export function signCapability(capability: Capability, privateKey: KeyObject): string {
  const payload = Buffer.from(canonicalJson(capability), "utf8");
  const signature = sign(null, signedBytes(payload), privateKey);
  return `${PREFIX}${payload.toString("base64url")}.${signature.toString("base64url")}`;
}

/** SHA-256 of a token: how records and children name it without holding it. */
export function tokenHash(token: string): string {
  return sha256Hex(token);
}

/** Verifies everything about a token, offline and in constant time but for its own size. Never throws. */
export function verifyToken(token: string, context: TokenContext): Result<Capability, TokenFault> {
  const opened = openToken(token, context.publicKey);
  return opened.ok ? checkValidity(opened.value, context) : opened;
}

/** A verifier that remembers signatures already checked; validity in time is checked on every call. */
export function createVerifier(publicKey: KeyObject): {
  verify(token: string, context: Omit<TokenContext, "publicKey">): Result<Capability, TokenFault>;
} {
  const known = new Map<string, Capability>();
  return {
    verify(token, context) {
      const hit = known.get(token);
      if (hit !== undefined) return checkValidity(hit, context);
      const opened = openToken(token, publicKey);
      if (!opened.ok) return opened;
      if (known.size >= MAX_TOKEN_CACHE) known.clear();
      known.set(token, opened.value);
      return checkValidity(opened.value, context);
    },
  };
}

function openToken(token: string, publicKey: KeyObject): Result<Capability, TokenFault> {
  const parts = splitToken(token);
  if (parts === undefined) return err("malformed");
  if (!verify(null, signedBytes(parts.payload), publicKey, parts.signature)) return err("bad-signature");
  return parsePayload(parts.payload);
}

function splitToken(token: string): { payload: Buffer; signature: Buffer } | undefined {
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
  const text = payload.toString("utf8");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return err("bad-payload");
  }
  const parsed = capabilitySchema.safeParse(value);
  if (!parsed.success) return err("bad-payload");
  const same = Buffer.from(canonicalJson(parsed.data), "utf8").equals(payload);
  return same ? ok(Object.freeze(parsed.data)) : err("not-canonical");
}

function checkValidity(
  capability: Capability,
  context: Omit<TokenContext, "publicKey">,
): Result<Capability, TokenFault> {
  if (capability.epoch < context.epoch) return err("earlier-epoch");
  if (context.nowMs < capability.nbf) return err("not-yet-valid");
  if (context.nowMs >= capability.exp) return err("expired");
  return context.isRevoked([capability.id, ...capability.ancestors]) ? err("revoked") : ok(capability);
}

function signedBytes(payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from(DOMAIN, "utf8"), payload]);
}
