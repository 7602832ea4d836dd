import { generateKeyPairSync } from "node:crypto";
import { expect, it } from "vitest";
import { keyId } from "../../../src/capability/dsse.js";
import { parseTrust } from "../../../src/capability/trust.js";

const pair = generateKeyPairSync("ed25519");
const PEM = pair.publicKey.export({ type: "spki", format: "pem" }).toString();

it("holds keys, revoked capabilities and comments", () => {
  const other = generateKeyPairSync("ed25519").publicKey;
  const pem = other.export({ type: "spki", format: "pem" }).toString();
  const text = `# ours\n${PEM}\nrevoked: cap_1 # left\n${pem}revoked: cap_2\n`;
  const trust = parseTrust(text);
  expect(trust.ok && [...trust.value.keys.keys()].sort()).toEqual([keyId(pair.publicKey), keyId(other)].sort());
  expect(trust.ok && [...trust.value.revoked]).toEqual(["cap_1", "cap_2"]);
});

it.each([
  ["nothing", "", "no public key"],
  ["only comments", "# none\n", "no public key"],
  ["a line of another kind", `${PEM}revoke cap_1\n`, "revoke cap_1"],
  ["a private key", pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString(), "no public key"],
  ["half a key", PEM.slice(0, 60), "no public key"],
  [
    "a key of another kind",
    generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ type: "spki", format: "pem" }).toString(),
    "no Ed25519",
  ],
  ["a key that is none", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "no Ed25519"],
])("with %s is an error that says so", (_, text, message) => {
  const trust = parseTrust(text);
  expect(trust.ok ? "" : trust.error).toContain(message);
});
