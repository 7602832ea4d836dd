import { PERMIT_TTL_MS } from "../kernel/bounds.js";
import { elapsedMs } from "../kernel/clock.js";
import { Fault } from "../kernel/fault.js";

declare const brand: unique symbol;

/**
 * The right to perform exactly one call, given by the gate alone. It has no readable members: what it
 * is bound to is private to this module and part of the object itself, so a copy, a JSON round trip or a
 * look-alike is worth nothing.
 */
export interface Permit {
  readonly [brand]: "permit";
}

/** What a permit is bound to. `argsHash` is SHA-256 of the canonical arguments. */
export interface PermitScope {
  readonly callId: string;
  readonly argsHash: string;
}

interface Grant {
  callId: string;
  argsHash: string;
  expiresAt: number;
  used: boolean;
}

/** Known to this module alone; without it nothing is made. */
const MAKER = Symbol("maker");
/** What a genuine permit is bound to; undefined for everything else, look-alikes and proxies included. */
let readGrant: (permit: unknown) => Grant | undefined;

/**
 * A frozen object whose only content is private, which no code outside the class can name. Its reader is
 * handed to this module and is no member: through a permit's constructor nothing can be reached.
 */
class SealedPermit {
  readonly #grant: Grant;

  static {
    readGrant = (permit) =>
      typeof permit === "object" && permit !== null && #grant in permit ? permit.#grant : undefined;
  }

  constructor(maker: symbol, grant: Grant) {
    if (maker !== MAKER) throw refused("permits are made by the gate alone");
    this.#grant = grant;
    Object.freeze(this);
  }
}

/**
 * Makes a permit. For `judge` alone: the tidy test refuses any other importer. It ages by the process's own time: a
 * clock that is put forward, or a laptop closed between verdict and effect, takes no approved call away.
 */
export function issuePermit({ callId, argsHash }: PermitScope): Permit {
  const expiresAt = elapsedMs() + PERMIT_TTL_MS;
  return new SealedPermit(MAKER, { callId, argsHash, expiresAt, used: false }) as object as Permit;
}

/** Throws Fault ERROR_NOT_APPROVED unless the permit is genuine, unused, in time, and for this call and arguments. */
export function checkPermit(permit: Permit, scope: PermitScope): void {
  grantOf(permit, scope);
}

/** Checks a permit and uses it up: every effect does this before anything else. */
export function consumePermit(permit: Permit, scope: PermitScope): void {
  grantOf(permit, scope).used = true;
}

function grantOf(permit: Permit, scope: PermitScope): Grant {
  const grant = readGrant(permit);
  if (grant === undefined) throw refused("there is no permit");
  if (grant.used) throw refused("the permit was used before");
  if (!(elapsedMs() < grant.expiresAt)) throw refused("the permit has expired");
  if (grant.callId !== scope.callId) throw refused("the permit is for another call");
  if (grant.argsHash !== scope.argsHash) throw refused("the permit is for other arguments");
  return grant;
}

function refused(why: string): Fault {
  return new Fault(
    "ERROR_NOT_APPROVED",
    `Not approved: ${why}. Every effect needs the gate's permit for exactly this call.`,
    {
      exitCode: 3,
    },
  );
}
