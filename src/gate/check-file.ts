import type { WriteSet } from "../capability/write-set.js";
import type { Capability } from "../schema/capability.js";
import { few, type Refusal } from "./denial.js";
import type { GateFacts } from "./facts.js";
import { hardDenied } from "./hard-deny.js";

/** Folders outside which a tier never writes, whatever a token says (DESIGN §5). */
const TIER_FOLDER: Readonly<Record<string, string>> = { executive: "docs/", validation: "reports/validation/" };

const bound = new WeakMap<Capability, WriteSet>();

/** Whether a compiled write set is this capability's own list; compared once for each pair. */
export function isBound(capability: Capability, writes: WriteSet): boolean {
  if (bound.get(capability) === writes) return true;
  const { patterns } = writes;
  const { write } = capability;
  const same = patterns.length === write.length && write.every((entry, index) => entry === patterns[index]);
  if (same) bound.set(capability, writes);
  return same;
}

/** Whether a capability may write a path: hard deny, tier, phase, whitelist, in this order. */
export function refuseWrite(path: string, capability: Capability, facts: GateFacts): Refusal | undefined {
  if (hardDenied(path, facts.loadedFiles)) return hardDenial(path);
  if (facts.isDenied(path) !== false) return deniedPath(path);
  const folder = TIER_FOLDER[capability.tier];
  if (folder !== undefined && !path.startsWith(folder)) return tierDenial(path, capability, folder);
  if (facts.writes.has(path) === true) return undefined;
  return facts.laterFiles.has(path) !== false ? laterPhase(path, capability) : outOfScope(path, capability);
}

/** Whether a path may be read: everything in the worktree but `workspace.deny` and git's own. */
export function refuseRead(path: string, facts: GateFacts): Refusal | undefined {
  return facts.isDenied(path) === false ? undefined : deniedPath(path);
}

/** The refusal of what no whitelist allows. */
export function hardDenial(path: string): Refusal {
  return {
    code: "ERROR_HARD_DENY",
    rule: "hard-deny",
    message: `${path} steers worknode, git, CI or a client's hooks and is never written by an agent`,
    object: path,
    remedy: "A person changes this file. Report a blocker if the task needs it.",
  };
}

function deniedPath(path: string): Refusal {
  return {
    code: "ERROR_DENIED_READ",
    rule: "workspace-deny",
    message: `${path} is masked by workspace.deny`,
    object: path,
    remedy: "Work without it; secrets are never shown to agents.",
  };
}

function tierDenial(path: string, capability: Capability, folder: string): Refusal {
  return {
    code: "ERROR_PLAN_VIOLATION",
    rule: "tier-write",
    message: "File not in agent's assigned scope",
    object: path,
    remedy: `The ${capability.tier} tier writes only below ${folder}; you may write: ${few(capability.write)}.`,
  };
}

function laterPhase(path: string, capability: Capability): Refusal {
  return {
    code: "ERROR_PLAN_VIOLATION",
    rule: "later-phase",
    message: "Attempting to modify future phase",
    object: path,
    remedy: `This file belongs to a task of a later phase. In phase ${capability.phase} you may write: ${few(capability.write)}.`,
  };
}

function outOfScope(path: string, capability: Capability): Refusal {
  return {
    code: "ERROR_PLAN_VIOLATION",
    rule: "file-whitelist",
    message: "File not in agent's assigned scope",
    object: path,
    remedy: `You may write: ${few(capability.write)}.`,
  };
}
