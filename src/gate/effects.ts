import { MAX_EFFECTS } from "../kernel/bounds.js";
import { messageOf } from "../kernel/fault.js";
import type { Capability } from "../schema/capability.js";
import type { Change, RefusedChange } from "../schema/effect.js";
import type { Denial } from "../schema/verdict.js";
import { isBound, refuseWrite } from "./check-file.js";
import { deletion, pathRefusal, refuseImage, refuseKind } from "./check-plan.js";
import { judgeImage } from "./checks.js";
import { denialOf, missing, type Refusal } from "./denial.js";
import { missingFact } from "./fact-shape.js";
import type { EffectFacts, EffectJudgement, GateFacts, Image, ObservedPath } from "./facts.js";
import { hardDenied } from "./hard-deny.js";
import { pathFault } from "./path.js";

/**
 * Judges what a command did, net, by the same rules as a structured write: one forbidden change refuses
 * them all, and the others are then refused as `discarded-with`. Total, as `judge` is: what cannot be
 * judged is refused.
 */
export function judgeEffects(effects: EffectFacts): EffectJudgement {
  try {
    return judgeAll(effects);
  } catch (thrown) {
    return refuseAll(effects, missing(`the effects cannot be judged (${messageOf(thrown)})`));
  }
}

function judgeAll(effects: EffectFacts): EffectJudgement {
  const { facts, changes } = effects;
  const absent = missingFact("capability", facts) ?? missingFact("plan", facts) ?? missingFact("limits", facts);
  if (absent !== undefined) return refuseAll(effects, missing(`the fact '${absent}' is missing`));
  const fault = capabilityFault(effects);
  if (fault !== undefined) return refuseAll(effects, fault);
  const looked: Looked = {
    images: new Map(effects.images.map((image) => [image.path, image])),
    paths: new Map(facts.paths.map((fact) => [fact.path, fact])),
  };
  const found = changes.map((change) => ({ change, refusals: judgeChange(change, effects, looked) }));
  const subject = effects.proposal.who.agent;
  const denials = found.flatMap(({ refusals }) => refusals.map((refusal) => denialOf(subject, "plan", refusal)));
  if (denials.length === 0) return { refused: [], denials };
  const refused = found.map(({ change, refusals }) => refusedChange(change, refusals[0]?.rule ?? "discarded-with"));
  return { refused, denials };
}

/** What was seen, by path. */
interface Looked {
  readonly images: ReadonlyMap<string, Image>;
  readonly paths: ReadonlyMap<string, ObservedPath>;
}

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
  const refusals = [refuseChangeKind(change), refuseWrite(change.path, capability, facts)].filter(
    (refusal) => refusal !== undefined,
  );
  if (refusals.length > 0) return refusals;
  const observed = refuseObserved(change, looked);
  if (observed !== undefined) return [observed];
  return change.kind === "mode" ? [] : judgeContent(change, looked, { limits: capability.limits, facts });
}

function isScratch(path: string, effects: EffectFacts): boolean {
  const { facts } = effects;
  if (hardDenied(path, facts.loadedFiles) || facts.isDenied(path) !== false) return false;
  return effects.isScratch?.(path) === true;
}

function refuseChangeKind(change: Change): Refusal | undefined {
  if (change.kind === "delete" || change.kind === "type") return deletion(change.path);
  if (change.kind === "link") return pathRefusal(change.path, "it became a link");
  return change.kind === "special" ? pathRefusal(change.path, "it is not a regular file") : undefined;
}

function judgeContent(
  change: Change,
  looked: Looked,
  { limits, facts }: { limits: Capability["limits"]; facts: GateFacts },
): Refusal[] {
  const image = looked.images.get(change.path);
  if (image === undefined) return [missing(`the post-image of ${change.path} is missing`)];
  const emptied = refuseImage(image);
  return [...(emptied === undefined ? [] : [emptied]), ...judgeImage(image, limits, facts.elsewhere)];
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
