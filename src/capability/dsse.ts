import { createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { assert } from "../kernel/assert.js";
import { sha256Hex } from "../kernel/canonical.js";
import { err, ok, type Result } from "../kernel/result.js";
import type { Envelope } from "../schema/receipt.js";

/** Why an envelope is not accepted. */
export type EnvelopeFault = "another-type" | "untrusted-key" | "bad-signature" | "not-canonical";

/** SHA-256 of a public key's SubjectPublicKeyInfo (DER), as hex: how envelopes and trust files name it. */
export function keyId(publicKey: KeyObject): string {
  return sha256Hex(publicKey.export({ type: "spki", format: "der" }));
}

/** The bytes a signature is made over: DSSE v1 pre-authentication encoding; lengths in bytes, in decimal. */
export function preAuthentication(payloadType: string, payload: Uint8Array): Buffer {
  const type = Buffer.from(payloadType, "utf8");
  const head = Buffer.from(`DSSEv1 ${type.length} `, "utf8");
  return Buffer.concat([head, type, Buffer.from(` ${payload.length} `, "utf8"), payload]);
}

/** Signs a payload with Ed25519. */
export function signEnvelope(payloadType: string, payload: Uint8Array, privateKey: KeyObject): Envelope {
  assert(privateKey.asymmetricKeyType === "ed25519", "envelopes are signed with Ed25519");
  const sig = sign(null, preAuthentication(payloadType, payload), privateKey).toString("base64");
  const keyid = keyId(createPublicKey(privateKey));
  return { payload: Buffer.from(payload).toString("base64"), payloadType, signatures: [{ keyid, sig }] };
}

/**
 * The payload of an envelope, when a trusted key signed it as this type. `keyid` only chooses among the trusted keys;
 * it proves nothing by itself.
 */
export function openEnvelope(
  envelope: Envelope,
  payloadType: string,
  keys: ReadonlyMap<string, KeyObject>,
): Result<Buffer, EnvelopeFault> {
  if (envelope.payloadType !== payloadType) return err("another-type");
  const [{ keyid, sig }] = envelope.signatures;
  const key = keys.get(keyid);
  if (key?.asymmetricKeyType !== "ed25519" || key.type !== "public") return err("untrusted-key");
  const payload = decodeExactly(envelope.payload);
  const signature = decodeExactly(sig);
  if (payload === undefined || signature === undefined) return err("not-canonical");
  return verify(null, preAuthentication(payloadType, payload), key, signature) ? ok(payload) : err("bad-signature");
}

/** Bytes of base64 text that is exactly what encoding them gives. */
function decodeExactly(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : undefined;
}
