import { type Call, type Permit, useOnce } from "../authority.js";
import { confine } from "./confinement.js";
import type { SandboxRun, SandboxSpec } from "./spec.js";

/** What beside the command a sandboxed call needs. */
export interface RunOptions {
  readonly signal?: AbortSignal;
}

/**
 * Runs the command of one approved call in its layer, behind the wall. Uses up the permit, which must
 * be for exactly `call`. The layer is left for `listEffects`; nothing reaches the worktree.
 * A run that `stopped` is to be discarded whole. Throws Fault ERROR_NOT_APPROVED, SANDBOX_SETUP
 * (never the command's fault), SANDBOX_STUCK, BAD_COMMAND.
 */
export async function runInSandbox(
  permit: Permit,
  call: Call<unknown>,
  spec: SandboxSpec,
  options: RunOptions = {},
): Promise<SandboxRun> {
  useOnce(permit, call);
  return confine(spec, options.signal);
}
