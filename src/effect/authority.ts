import { consumePermit, type Permit } from "../gate/permit.js";
import { hashOf } from "../kernel/canonical.js";

export type { Permit };

/** The call an effect performs: the permit must have been given for exactly this id and these arguments. */
export interface Call<Args> {
  readonly callId: string;
  readonly args: Args;
}

/**
 * Uses up the permit of a call, as every effect does before anything else. The hash is taken from
 * the arguments the effect will act on, so a permit for others cannot serve.
 * Throws Fault ERROR_NOT_APPROVED.
 */
export function useOnce(permit: Permit, call: Call<unknown>): void {
  useForHash(permit, call.callId, hashOf(call.args));
}

/** The same, where the arguments were hashed when the effect was prepared. */
export function useForHash(permit: Permit, callId: string, argsHash: string): void {
  consumePermit(permit, { callId, argsHash });
}
