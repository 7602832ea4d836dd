import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { keyId, openEnvelope, preAuthentication, signEnvelope } from "../../../src/capability/dsse.js";
import type { Envelope } from "../../../src/schema/receipt.js";

const TYPE = "application/vnd.in-toto+json";
const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const keys = new Map<string, KeyObject>([[keyId(publicKey), publicKey]]);
const payload = Buffer.from('{"a":1}');

function sealed(): Envelope {
  return signEnvelope(TYPE, payload, privateKey);
}

describe("pre-authentication", () => {
  // the protocol's own example: github.com/secure-systems-lab/dsse, protocol.md
  it("is that of the DSSE protocol's test vector", () => {
    const encoded = preAuthentication("http://example.com/HelloWorld", Buffer.from("hello world"));
    expect(encoded.toString("utf8")).toBe("DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  });

  it("counts bytes, not characters", () => {
    expect(preAuthentication("é", Buffer.from("ü")).toString("utf8")).toBe("DSSEv1 2 é 2 ü");
  });
});

describe("an envelope", () => {
  it("opens to what was signed", () => {
    expect(openEnvelope(sealed(), TYPE, keys)).toEqual({ ok: true, value: payload });
    expect(sealed().signatures[0].keyid).toBe(keyId(createPublicKey(privateKey)));
  });

  it.each<[string, (envelope: Envelope) => Envelope, string]>([
    ["of another type", (it) => ({ ...it, payloadType: "text/plain" }), "another-type"],
    ["with another payload", (it) => ({ ...it, payload: Buffer.from('{"a":2}').toString("base64") }), "bad-signature"],
    [
      "with another signature",
      (it) => ({ ...it, signatures: [{ ...it.signatures[0], sig: Buffer.alloc(64, 1).toString("base64") }] }),
      "bad-signature",
    ],
    [
      "with spare bits in its base64",
      (it) => ({ ...it, payload: it.payload.replace("fQ==", "fR==") }),
      "not-canonical",
    ],
    [
      "that names an unknown key",
      (it) => ({ ...it, signatures: [{ ...it.signatures[0], keyid: "0".repeat(64) }] }),
      "untrusted-key",
    ],
  ])("%s is refused", (_, change, error) => {
    const changed = change(sealed());
    expect(changed).not.toEqual(sealed());
    expect(openEnvelope(changed, TYPE, keys)).toEqual({ ok: false, error });
  });

  it("signed by another key that calls itself a trusted one is refused", () => {
    const other = generateKeyPairSync("ed25519");
    const forged = signEnvelope(TYPE, payload, other.privateKey);
    const named: Envelope = { ...forged, signatures: [{ ...forged.signatures[0], keyid: keyId(publicKey) }] };
    expect(openEnvelope(named, TYPE, keys)).toEqual({ ok: false, error: "bad-signature" });
  });

  it("is not opened with a private key or one of another kind", () => {
    const id = keyId(publicKey);
    expect(openEnvelope(sealed(), TYPE, new Map([[id, privateKey]])).ok).toBe(false);
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
    expect(openEnvelope(sealed(), TYPE, new Map([[id, rsa.publicKey]])).ok).toBe(false);
    const sig = sign(null, preAuthentication(TYPE, payload), rsa.privateKey).toString("base64");
    const byRsa: Envelope = { ...sealed(), signatures: [{ keyid: id, sig }] };
    expect(openEnvelope(byRsa, TYPE, new Map([[id, rsa.publicKey]]))).toEqual({ ok: false, error: "untrusted-key" });
    expect(() => signEnvelope(TYPE, payload, rsa.privateKey)).toThrow(/Ed25519/);
  });
});
