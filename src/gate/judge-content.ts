import type { Capability } from "../schema/capability.js";
import { refuseImage } from "./check-plan.js";
import { judgeImage } from "./checks.js";
import { missing, type Refusal } from "./denial.js";
import type { EffectFacts, Image } from "./facts.js";
import { needsMoreReview } from "./review.js";
import { riskOf } from "./risk.js";

/** Judges what a command made of a file, by the rules of a structured write. */
export function judgeContent(
  path: string,
  image: Image | undefined,
  { capability, effects }: { capability: Capability; effects: EffectFacts },
): Refusal[] {
  if (image === undefined) return [missing(`the post-image of ${path} is missing`)];
  if (image.fault !== undefined) return [unreadable(image.path, image.fault)];
  const refusals = [refuseImage(image), refuseUnreviewed(image, capability, effects)];
  return [
    ...refusals.filter((refusal) => refusal !== undefined),
    ...judgeImage(image, capability.limits, effects.facts.elsewhere),
  ];
}

/**
 * A structured write of this file would have been reviewed, and the command was not: in a folder that is listed whole it
 * may be a file that tools obey. A file the plan names was approved with it, however it is made.
 */
function refuseUnreviewed(image: Image, { write }: Capability, { proposal, facts }: EffectFacts): Refusal | undefined {
  if (write.includes(image.path)) return undefined;
  const asWrite = { ...proposal, what: { ...proposal.what, tool: "Write" } };
  const risk = riskOf(asWrite, { ...facts, images: [image] });
  if (!needsMoreReview(risk, riskOf(proposal, { ...facts, images: [] }), facts.risk)) return undefined;
  return {
    code: "ERROR_REVIEW",
    rule: "review-effects",
    message: `A change of ${image.path} (risk ${risk}) is reviewed before it is made`,
    object: image.path,
    remedy: "Make this change by Write or Edit, which can be reviewed, or have the plan name the file.",
    violation: false,
  };
}

/** Code that cannot be read could hide anything. */
function unreadable(path: string, fault: string): Refusal {
  return {
    code: "ERROR_PARSE",
    rule: "readable-code",
    message: `${path} ${fault}, so its functions cannot be judged`,
    object: path,
    remedy: "Write code as UTF-8 text, in files short enough to be read.",
  };
}
