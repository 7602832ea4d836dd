import { createHmac, sign } from "node:crypto";
import { createBroker } from "../../../src/capability/broker.js";
import { canonicalJson } from "../../../src/kernel/canonical.js";
import type { Capability } from "../../../src/schema/capability.js";
import { countingRandom, grant, keyFromSeed, stillClock, TEST_SEED, testKey, testPublicKey } from "./samples.js";

/** One case: the token, what it is checked against, and the fault, or null where it is valid. */
export interface TokenVector {
  readonly name: string;
  readonly token: string;
  readonly now_ms: number;
  readonly epoch: number;
  readonly revoked: readonly string[];
  readonly fault: string | null;
}

const DOMAIN = "worknode capability v1\n";
const NOW = 1_780_000_000_000;
const broker = createBroker({ privateKey: testKey, clock: stillClock(NOW), random: countingRandom() });
const root = broker.mint(grant);
const childMade = broker.attenuate(root, {
  ...grant,
  agent: "implementer-1",
  write: ["test/a.test.ts"],
  tools: ["Read", "Write"],
});
if (!childMade.ok) throw new Error(childMade.error.message);
const child = childMade.value;
const capability: Capability = root.capability;
const [, payload = "", signature = ""] = root.token.split(".");

/** Signs any payload text as the broker would. */
function signed(text: string, key = testKey): string {
  const bytes = Buffer.from(text, "utf8");
  return join(bytes, sign(null, Buffer.concat([Buffer.from(DOMAIN), bytes]), key));
}

function join(bytes: Buffer, seal: Buffer): string {
  return `wn1.${bytes.toString("base64url")}.${seal.toString("base64url")}`;
}

const text = canonicalJson(capability);
const payloadBytes = Buffer.from(text, "utf8");
const withMember = (members: object): string => signed(canonicalJson({ ...capability, ...members }));
const without = (member: string): string => {
  const copy: Record<string, unknown> = { ...capability };
  delete copy[member];
  return signed(canonicalJson(copy));
};

/** The signature with the group order added to its scalar: the same point, another encoding. */
function malleated(): string {
  const seal = Buffer.from(signature, "base64url");
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const scalar = BigInt(`0x${Buffer.from(seal.subarray(32)).reverse().toString("hex")}`) + order;
  const high = Buffer.from(scalar.toString(16).padStart(64, "0"), "hex").reverse();
  return join(payloadBytes, Buffer.concat([seal.subarray(0, 32), high]));
}

/** Base64url with spare bits set in the last character, so that it decodes to the same bytes. */
function spareBits(part: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return part.slice(0, -1) + alphabet.charAt(alphabet.indexOf(part.slice(-1)) + 1);
}

const tampered = join(
  Buffer.from(text.replace('"src/parse.ts"', '"src/other.ts"')),
  Buffer.from(signature, "base64url"),
);
const flipped = Buffer.from(signature, "base64url");
flipped[0] = (flipped[0] ?? 0) ^ 1;
const withAlgorithm = text.replace(/^\{/, '{"alg":"none",');
const hmac = createHmac("sha512", testPublicKey.export({ type: "spki", format: "der" }))
  .update(DOMAIN)
  .update(text)
  .digest();
const jwt = Buffer.from('{"alg":"none"}').toString("base64url");

const tokens: readonly [string, string, string | null][] = [
  ["a token the broker minted", root.token, null],
  ["a child of it", child.token, null],
  ["a payload changed after signing", tampered, "bad-signature"],
  ["a signature with one bit flipped", join(payloadBytes, flipped), "bad-signature"],
  ["a signature of zeros", join(payloadBytes, Buffer.alloc(64)), "bad-signature"],
  ["the same signature point, encoded with the group order added", malleated(), "bad-signature"],
  ["signed without the domain prefix", join(payloadBytes, sign(null, payloadBytes, testKey)), "bad-signature"],
  ["an HMAC with the public key as its secret", join(payloadBytes, hmac), "bad-signature"],
  ["signed with another key", signed(text, keyFromSeed(Buffer.from(TEST_SEED).reverse())), "bad-signature"],
  ["a signature cut short", `wn1.${payload}.${signature.slice(0, -2)}`, "malformed"],
  ["no signature", `wn1.${payload}.`, "malformed"],
  ["no payload", `wn1..${signature}`, "malformed"],
  ["two parts", `wn1.${payload}`, "malformed"],
  ["four parts", `${root.token}.${signature}`, "malformed"],
  ["an unsigned JSON web token", `${jwt}.${payload}.`, "malformed"],
  ["a JSON web token header in front", `wn1.${jwt}.${payload}.${signature}`, "malformed"],
  ["empty", "", "malformed"],
  ["the prefix alone", "wn1.", "malformed"],
  ["the prefix in capitals", root.token.replace("wn1.", "WN1."), "malformed"],
  ["a later version", root.token.replace("wn1.", "wn2."), "malformed"],
  ["no prefix", root.token.slice(4), "malformed"],
  ["white space in front", ` ${root.token}`, "malformed"],
  ["a line break behind", `${root.token}\n`, "malformed"],
  ["garbage behind", `${root.token}AAAA`, "malformed"],
  ["padding", `${root.token}==`, "malformed"],
  ["padding after the payload", `wn1.${payload}=.${signature}`, "malformed"],
  ["spare bits set in the signature's last character", `wn1.${payload}.${spareBits(signature)}`, "malformed"],
  ["the alphabet of plain base64", `wn1.${payload}.${"+/".repeat(43)}`, "malformed"],
  ["a NUL inside", `wn1.${payload}\0.${signature}`, "malformed"],
  ["a payload that is not JSON", signed("not json"), "bad-payload"],
  ["a payload that is an array", signed("[]"), "bad-payload"],
  ["a payload that is null", signed("null"), "bad-payload"],
  ["an unknown member", withMember({ admin: true }), "bad-payload"],
  ["a member named __proto__", signed(text.replace(/^\{/, '{"__proto__":{},')), "bad-payload"],
  ["an algorithm named in the payload", signed(withAlgorithm), "bad-payload"],
  ["a missing member", without("phase"), "bad-payload"],
  ["another payload version", withMember({ v: 2 }), "bad-payload"],
  ["a tier that does not exist", withMember({ tier: "root" }), "bad-payload"],
  ["a tool that is not text", withMember({ tools: [1] }), "bad-payload"],
  ["a limit of zero", withMember({ limits: { ...capability.limits, max_complexity: 0 } }), "bad-payload"],
  ["a negative budget", withMember({ budget: { usd: -1, tokens: null } }), "bad-payload"],
  ["a plan hash in capitals", withMember({ plan_hash: "A".repeat(64) }), "bad-payload"],
  ["a depth without its ancestors", withMember({ depth: 1 }), "bad-payload"],
  [
    "a depth beyond the bound",
    withMember({ depth: 5, parent: root.hash, ancestors: ["a", "b", "c", "d"] }),
    "bad-payload",
  ],
  ["a parent at depth 0", withMember({ parent: root.hash }), "bad-payload"],
  ["an end before its beginning", withMember({ nbf: NOW, exp: NOW }), "bad-payload"],
  ["white space in the JSON", signed(text.replace(/^\{/, "{ ")), "not-canonical"],
  ["members in another order", signed(reordered()), "not-canonical"],
  ["a member twice", signed(text.replace('"v":1', '"v":1,"v":1')), "not-canonical"],
  ["a number written another way", signed(text.replace('"v":1', '"v":1.0')), "not-canonical"],
  ["a letter written as an escape", signed(text.replace('"execute"', '"\\u0065xecute"')), "not-canonical"],
  ["tools out of order", withMember({ tools: ["Write", "Read"] }), "not-canonical"],
  ["a file twice", withMember({ write: ["a", "a"] }), "not-canonical"],
];

function reordered(): string {
  const entries = Object.entries(capability).sort(([left], [right]) => (left < right ? 1 : -1));
  return JSON.stringify(Object.fromEntries(entries));
}

const at = { now_ms: NOW + 1, epoch: grant.epoch, revoked: [] as string[] };
const times: readonly TokenVector[] = [
  { name: "at its first instant", token: root.token, ...at, now_ms: capability.nbf, fault: null },
  { name: "at its last instant", token: root.token, ...at, now_ms: capability.exp - 1, fault: null },
  { name: "expired", token: root.token, ...at, now_ms: capability.exp, fault: "expired" },
  { name: "not yet valid", token: root.token, ...at, now_ms: capability.nbf - 1, fault: "not-yet-valid" },
  { name: "of an earlier epoch", token: root.token, ...at, epoch: grant.epoch + 1, fault: "earlier-epoch" },
  { name: "of a later epoch", token: root.token, ...at, epoch: grant.epoch - 1, fault: "later-epoch" },
  { name: "revoked", token: root.token, ...at, revoked: [capability.id], fault: "revoked" },
  { name: "its ancestor revoked", token: child.token, ...at, revoked: [capability.id], fault: "revoked" },
  { name: "its child revoked", token: root.token, ...at, revoked: [child.capability.id], fault: null },
];

/** The whole file `test/vectors/tokens.json`. */
export function buildVectors(): object {
  return {
    about: "worknode capability tokens: wn1.<base64url payload>.<base64url signature>, no padding.",
    rules: [
      "The signature is Ed25519 over the UTF-8 bytes of `domain` followed by the payload bytes.",
      "The payload is canonical JSON: members in code-unit order, no white space, nothing unknown.",
      "fault is null for a valid token, else the reason it is refused.",
    ],
    domain: DOMAIN,
    public_key: testPublicKey.export({ format: "jwk" }).x,
    seed_for_tests_only: TEST_SEED.toString("base64url"),
    vectors: [...tokens.map(([name, token, fault]) => ({ name, token, ...at, fault })), ...times],
  };
}
