import { createPublicKey, type KeyObject } from "node:crypto";
import { assert } from "../kernel/assert.js";
import { TOKEN_TTL_MS } from "../kernel/bounds.js";
import type { Clock } from "../kernel/clock.js";
import { newId, type Random, systemRandom } from "../kernel/ids.js";
import { err, ok, type Result } from "../kernel/result.js";
import type { Capability } from "../schema/capability.js";
import type { Receipt } from "../schema/receipt.js";
import type { Denial } from "../schema/verdict.js";
import { excesses } from "./attenuation.js";
import { receiptTrailer } from "./receipt.js";
import { createSigner, type SignedCapability, type TokenVerifier, tokenHash, verifyToken } from "./token.js";

/** What a capability grants; identity, lineage and times are the broker's to fill in. */
export type Grant = Omit<Capability, "v" | "id" | "depth" | "parent" | "ancestors" | "nbf" | "exp">;

/** A minted capability. The token stays with the broker's callers; agents never see it. */
export type Minted = SignedCapability;

/** The only maker of capabilities. */
export interface Broker {
  readonly publicKey: KeyObject;
  /** Verifies tokens of this project; those minted here cost it a look. */
  readonly verifier: TokenVerifier;
  mint(grant: Grant, ttlMs?: number): Minted;
  /**
   * A child within `parent` in every component, else ERROR_ATTENUATION naming them; nothing is clipped.
   * Without `ttlMs` it lives as long as usual, or as its parent where that is less.
   */
  attenuate(parent: Minted, grant: Grant, ttlMs?: number): Result<Minted, Denial>;
  /**
   * The same capability, id and lineage, with a later expiry, and valid from now at the latest. A child needs its renewed `parent`, whose end it
   * never passes; without one it stays as it is. Throws InvariantError when `parent` is not its parent.
   */
  renew(minted: Minted, parent?: Minted): Minted;
  /** The same capability, valid from now where a clock that was put back would leave it valid from some time to come only. It ends when it did. */
  predate(minted: Minted): Minted;
  /** The line that vouches for a commit in its message; signed with the project's key, as capabilities are. */
  attest(receipt: Receipt): string;
}

/** Makes the broker of a project from its private key. */
export function createBroker(options: { privateKey: KeyObject; clock: Clock; random?: Random }): Broker {
  const { privateKey, clock } = options;
  const publicKey = createPublicKey(privateKey);
  const random = options.random ?? systemRandom;
  const { sign: seal, verifier } = createSigner(privateKey);

  function draft(grant: Grant, { now, ttlMs }: { now: number; ttlMs: number }): Capability {
    const sorted = { tools: [...new Set(grant.tools)].sort(), write: [...new Set(grant.write)].sort() };
    const root = { depth: 0, parent: null, ancestors: [], nbf: now, exp: now + ttlMs };
    return { ...grant, ...sorted, ...root, v: 1, id: newId("cap", random) };
  }

  return {
    publicKey,
    verifier,
    mint: (grant, ttlMs = TOKEN_TTL_MS) => seal(draft(grant, { now: clock.nowMs(), ttlMs })),
    attenuate(parent, grant, ttlMs) {
      const nowMs = clock.nowMs();
      const { epoch } = parent.capability;
      const verified = verifyToken(parent.token, { publicKey, nowMs, epoch, isRevoked: () => false });
      if (!verified.ok) return err(attenuationDenial(grant, [`the parent's token is ${verified.error}`]));
      const above = verified.value;
      const parentHash = tokenHash(parent.token);
      const lineage = { depth: above.depth + 1, parent: parentHash, ancestors: [...above.ancestors, above.id] };
      // one reading of the clock: a tick between two would make the child outlive its parent
      const life = { now: nowMs, ttlMs: ttlMs ?? Math.min(TOKEN_TTL_MS, above.exp - nowMs) };
      const child: Capability = { ...draft(grant, life), ...lineage };
      const beyond = excesses(child, above);
      return beyond.length === 0 ? ok(seal(child)) : err(attenuationDenial(child, beyond));
    },
    attest: (receipt) => receiptTrailer(receipt, privateKey),
    predate(minted) {
      const nbf = Math.min(minted.capability.nbf, clock.nowMs());
      return nbf === minted.capability.nbf ? minted : seal({ ...minted.capability, nbf });
    },
    renew(minted, parent) {
      const nowMs = clock.nowMs();
      const exp = nowMs + TOKEN_TTL_MS;
      const capability = { ...minted.capability, nbf: Math.min(minted.capability.nbf, nowMs) };
      if (capability.depth === 0) return seal({ ...capability, exp });
      return parent === undefined ? minted : seal(renewedChild(capability, parent, exp));
    },
  };
}

/** A child under the renewed token of its parent: still within it in every component. */
function renewedChild(child: Capability, parent: Minted, exp: number): Capability {
  const above = parent.capability;
  assert(child.ancestors.at(-1) === above.id, "a capability is renewed under its own parent");
  const renewed = { ...child, parent: parent.hash, exp: Math.min(exp, above.exp) };
  assert(excesses(renewed, above).length === 0, "a renewed capability is within its parent's");
  return renewed;
}

function attenuationDenial(child: Grant, beyond: readonly string[]): Denial {
  return {
    code: "ERROR_ATTENUATION",
    check: "capability",
    rule: "attenuation",
    message: `A child capability must be within its parent's: ${beyond.join("; ")}`,
    subject: child.agent,
    object: child.task,
    remedy: "Ask for no more than the parent holds.",
    violation: true,
  };
}
