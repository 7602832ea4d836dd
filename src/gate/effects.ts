import { MAX_EFFECTS, MAX_SANDBOX_DISK_BYTES, MAX_SANDBOX_FILES, MAX_SANDBOX_MEMORY_BYTES } from "../kernel/bounds.js";
import { hashOf } from "../kernel/canonical.js";
import { messageOf } from "../kernel/fault.js";
import type { Capability } from "../schema/capability.js";
import type { Change, RefusedChange } from "../schema/effect.js";
import type { Denial } from "../schema/verdict.js";
import { isBound, refuseWrite } from "./check-file.js";
import { deletion, pathRefusal, refuseKind } from "./check-plan.js";
import { checkPolicy } from "./checks.js";
import { denialOf, missing, type Refusal } from "./denial.js";
import { missingFact } from "./fact-shape.js";
import type { EffectFacts, EffectJudgement, GateFacts, Image, ObservedPath } from "./facts.js";
import { hardDenied } from "./hard-deny.js";
import { judgeContent } from "./judge-content.js";
import { pathFault } from "./path.js";
import { issuePermit } from "./permit.js";

/** Set-user-id, set-group-id and sticky bits: never an agent's to set. */
const SPECIAL_BITS = 0o7000;
/** What its owner needs of a file, and what nobody else may have of it: git knows no other modes. */
const OWNER_BITS = 0o600;
const SHARED_WRITE_BITS = 0o022;

/**
 * Judges what a command did, net, by the same rules as a structured write: one forbidden change refuses
 * them all, and the others are then refused as `discarded-with`. Total, as `judge` is: what cannot be
 * judged is refused. Without a refusal there is a permit to keep exactly these changes: the command's own
 * was used up by running it.
 */
export function judgeEffects(effects: EffectFacts): EffectJudgement {
  try {
    return judgeAll(effects);
  } catch (thrown) {
    return refuseAll(effects, missing(`the effects cannot be judged (${messageOf(thrown)})`));
  }
}

function judgeAll(effects: EffectFacts): EffectJudgement {
  const fault = wholeFault(effects);
  return fault === undefined ? judgeEach(effects) : refuseAll(effects, fault);
}

/** Why nothing of it can be allowed, whatever was changed. */
function wholeFault(effects: EffectFacts): Refusal | undefined {
  const { facts, stopped } = effects;
  const absent = missingFact("capability", facts) ?? missingFact("plan", facts) ?? missingFact("limits", facts);
  if (absent !== undefined) return missing(`the fact '${absent}' is missing`);
  return capabilityFault(effects) ?? (stopped === undefined ? undefined : stoppedCommand(stopped));
}

function judgeEach(effects: EffectFacts): EffectJudgement {
  const { facts, changes, proposal } = effects;
  const looked: Looked = {
    images: new Map(effects.images.map((image) => [image.path, image])),
    paths: new Map(facts.paths.map((fact) => [fact.path, fact])),
  };
  const found = changes.map((change) => ({ change, refusals: judgeChange(change, effects, looked) }));
  const policies = policyDenials(effects);
  const { agent } = proposal.who;
  const denials = found.flatMap(({ refusals }) => refusals.map((refusal) => denialOf(agent, "plan", refusal)));
  denials.push(...policies);
  if (denials.length === 0) {
    const scope = { callId: proposal.call_id, argsHash: hashOf(changes) };
    return { refused: [], denials, permit: issuePermit(scope) };
  }
  const others = policies[0]?.rule ?? "discarded-with";
  const refused = found.map(({ change, refusals }) => refusedChange(change, refusals[0]?.rule ?? others));
  return { refused, denials };
}

/** What the policies of a structured write hold against a command that wrote something. */
function policyDenials(effects: EffectFacts): Denial[] {
  if (effects.changes.length === 0) return [];
  return checkPolicy(effects).map((refusal) => denialOf(effects.proposal.who.agent, "policy", refusal));
}

/** What was seen, by path. */
interface Looked {
  readonly images: ReadonlyMap<string, Image>;
  readonly paths: ReadonlyMap<string, ObservedPath>;
}

/** A command stopped by a limit may have done anything by half: it is discarded whole (DESIGN §8). */
function stoppedCommand(limit: string): Refusal {
  return {
    code: "ERROR_COMMAND_LIMIT",
    rule: `command-${limit}`,
    message: `The command was stopped by a limit: ${limit}`,
    object: limit,
    remedy: REMEDIES.get(limit) ?? "Run less at once, or change fewer files.",
  };
}

const gigabytes = (bytes: number): string => `${bytes / 1024 ** 3} GB`;

/** What to do about each limit that stops a command. */
const REMEDIES: ReadonlyMap<string, string> = new Map([
  ["timeout", "Do less in one command, or give it more time with `timeout`."],
  ["output", "Print less, or write to a file in /tmp and print its end."],
  [
    "disk",
    `Write less: a command's files and the task's scratch may take ${gigabytes(MAX_SANDBOX_DISK_BYTES)} and be ${MAX_SANDBOX_FILES.toLocaleString("en")} together. Remove scratch you no longer need.`,
  ],
  [
    "memory",
    `Use less memory, or fewer processes at once: all of a command's may hold ${gigabytes(MAX_SANDBOX_MEMORY_BYTES)}, and not most of the machine's.`,
  ],
]);

function capabilityFault({ facts, changes }: EffectFacts): Refusal | undefined {
  if (!facts.capability.ok) return missing(`the capability is ${facts.capability.error}`);
  if (facts.killed) return missing("the kill switch is on");
  if (!isBound(facts.capability.value, facts.writes)) return missing("the write list is not the capability's");
  if (changes.length > MAX_EFFECTS) return missing(`there are more than ${MAX_EFFECTS} effects`);
  return undefined;
}

function judgeChange(change: Change, effects: EffectFacts, looked: Looked): Refusal[] {
  const { facts } = effects;
  const fault = pathFault(change.path);
  if (fault !== undefined) return [pathRefusal(change.path, fault)];
  if (!facts.capability.ok || isScratch(change.path, effects)) return [];
  const capability = facts.capability.value;
  return isFolder(change) ? judgeFolder(change, capability, facts) : judgeFile(change, effects, { capability, looked });
}

function judgeFile(
  change: Change,
  effects: EffectFacts,
  { capability, looked }: { capability: Capability; looked: Looked },
): Refusal[] {
  const { facts } = effects;
  const refusals = [refuseChangeKind(change), refuseWrite(change.path, capability, facts)].filter(
    (refusal) => refusal !== undefined,
  );
  if (refusals.length > 0) return refusals;
  const observed = refuseObserved(change, looked) ?? refuseMode(change, effects.modes.get(change.path));
  if (observed !== undefined) return [observed];
  return change.kind === "mode"
    ? []
    : judgeContent(change.path, looked.images.get(change.path), { capability, effects });
}

/** A new folder with nothing listed in it. */
function isFolder(change: Change): boolean {
  return change.kind === "add" && change.after === null;
}

/** A folder is made only on the way to a file of the whitelist (DESIGN §8), and never where that file is to be. */
function judgeFolder({ path }: Change, capability: Capability, facts: GateFacts): Refusal[] {
  const refusal = refuseWrite(path, capability, facts);
  if (refusal === undefined) return takesFile(path, capability, facts) ? [pathRefusal(path, "it became a folder")] : [];
  return LEADING_RULES.has(refusal.rule) && facts.writes.leadsTo(path) === true ? [] : [refusal];
}

function takesFile(path: string, { write }: Capability, { writes }: GateFacts): boolean {
  return write.includes(path) && writes.leadsTo(path) !== true;
}

/** Refusals of a folder's own name that a listed file below it lifts; hard deny, masks and the tier's folder stay. */
const LEADING_RULES: ReadonlySet<string> = new Set(["file-whitelist", "later-phase"]);

/** A file may become a program or stop being one, and nothing else about who may use it changes. */
function refuseMode(change: Change, mode: number | undefined): Refusal | undefined {
  if (mode === undefined) return missing(`the mode of ${change.path} was not looked at`);
  const special = (mode & SPECIAL_BITS) !== 0;
  const odd = change.kind === "mode" && ((mode & OWNER_BITS) !== OWNER_BITS || (mode & SHARED_WRITE_BITS) !== 0);
  if (!special && !odd) return undefined;
  return {
    code: "ERROR_PATH",
    rule: "file-mode",
    message: `The mode of ${change.path} would become ${mode.toString(8).padStart(4, "0")}`,
    object: change.path,
    remedy: "Leave modes alone, or make it 0644 or 0755.",
  };
}

function isScratch(path: string, effects: EffectFacts): boolean {
  const { facts } = effects;
  if (hardDenied(path, facts.loadedFiles) || facts.isDenied(path) !== false) return false;
  return effects.isScratch?.(path) === true;
}

/** What a path must not become. */
const KIND_FAULTS: ReadonlyMap<Change["kind"], string> = new Map([
  ["link", "it became a link"],
  ["special", "it is not a regular file"],
]);
const REGULAR =
  "Leave a regular file there, with a name of its own: copy what you would link to, and make pipes and sockets in /tmp.";

function refuseChangeKind(change: Change): Refusal | undefined {
  if (change.kind === "delete" || change.kind === "type") return deletion(change.path);
  const fault = KIND_FAULTS.get(change.kind);
  return fault === undefined ? undefined : { ...pathRefusal(change.path, fault), remedy: REGULAR };
}

/** What the path is in the worktree the change would be kept in. */
function refuseObserved(change: Change, looked: Looked): Refusal | undefined {
  const observed = looked.paths.get(change.path);
  return observed === undefined ? missing(`${change.path} was not looked at`) : refuseKind(observed);
}

function refuseAll(effects: EffectFacts, refusal: Refusal): EffectJudgement {
  const denials: Denial[] = [denialOf(subjectOf(effects), "plan", refusal)];
  return { refused: changesOf(effects).map((change) => refusedChange(change, refusal.rule)), denials };
}

function subjectOf(effects: EffectFacts): string {
  try {
    return String(effects.proposal.who.agent);
  } catch {
    return "unknown";
  }
}

function changesOf(effects: EffectFacts): readonly Change[] {
  try {
    return [...effects.changes];
  } catch {
    return [];
  }
}

function refusedChange({ path, kind }: Change, rule: string): RefusedChange {
  return { path, kind, rule };
}
