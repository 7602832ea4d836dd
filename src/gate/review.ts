import { hashOf } from "../kernel/canonical.js";
import type { Proposal } from "../schema/proposal.js";
import { missing, type Refusal } from "./denial.js";
import type { GateFacts, JudgedCall, SignOff } from "./facts.js";

/** What a proposal needs before it may run: an auditor, and how many people. */
export interface ReviewNeed {
  readonly auditor: boolean;
  readonly humans: number;
}

/** SHA-256 of what would be done: any change of it voids every approval. The arguments count by their hash. */
export function proposalHash(proposal: Proposal): string {
  const { what, when, who } = proposal;
  return hashOf({ what: { tool: what.tool, args_hash: what.args_hash }, when, who });
}

/**
 * What the risk score asks for: nothing, an auditor, an auditor and a person, an auditor and two people.
 * `humanReview: always` asks for a person for whatever is not a mere look (score 0); `never` asks for none, and then what needs one
 * cannot be approved at all: undefined.
 */
export function reviewNeed(risk: number, limits: GateFacts["risk"]): ReviewNeed | undefined {
  const { auto, auditor, human, humanReview } = limits;
  const least = humanReview === "always" && risk > 0 ? 1 : 0;
  if (risk <= auto) return { auditor: false, humans: least };
  if (risk <= auditor) return { auditor: true, humans: least };
  if (humanReview === "never") return undefined;
  return { auditor: true, humans: risk <= human ? 1 : 2 };
}

/** Whether one score asks for more review than another. */
export function needsMoreReview(risk: number, than: number, limits: GateFacts["risk"]): boolean {
  const [need, had] = [reviewNeed(risk, limits), reviewNeed(than, limits)];
  if (need === undefined || had === undefined) return need !== had;
  return need.humans > had.humans || (need.auditor && !had.auditor);
}

/** The risk check: the score must be one that some review can allow. */
export function checkRisk({ facts, risk }: JudgedCall): Refusal[] {
  if (!Number.isFinite(risk)) return [missing("the risk has no score")];
  return reviewNeed(risk, facts.risk) === undefined ? [tooRisky(risk, facts)] : [];
}

function tooRisky(risk: number, facts: GateFacts): Refusal {
  return {
    code: "ERROR_RISK",
    rule: "risk-limit",
    message: `Risk ${risk} exceeds the limit of ${facts.risk.auditor} that no person need approve`,
    object: `risk ${risk}`,
    remedy: "The plan says humanReview: never; propose something less risky.",
    violation: false,
  };
}

/** The review check. A rejection refuses whatever else was signed; a missing sign-off may still be given. */
export function checkReview({ proposal, facts, risk }: JudgedCall): Refusal[] {
  const need = (Number.isNaN(risk) ? undefined : reviewNeed(risk, facts.risk)) ?? { auditor: true, humans: 0 };
  const { auditor, humans } = facts.review;
  const signed = auditor !== null || humans.length > 0;
  return signed || need.auditor || need.humans > 0 ? weighSigns(need, validSigns(proposal, facts)) : [];
}

function weighSigns(need: ReviewNeed, { audits, people }: ValidSigns): Refusal[] {
  const rejected = [...people, ...audits].find((sign) => sign.decision !== "approved");
  if (rejected !== undefined) return [rejection(rejected.by)];
  const refusals: Refusal[] = [];
  if (need.auditor && audits.length === 0) refusals.push(lacking("review-auditor", "an auditor's sign-off"));
  const names = new Set(people.map((sign) => sign.by));
  if (names.size < need.humans) refusals.push(lacking("review-human", `approval by ${need.humans} person(s)`));
  return refusals;
}

/** Whether a person approved this very proposal, and with it what an overridable policy holds against it. */
export function isOverridden(proposal: Proposal, facts: GateFacts): boolean {
  if (facts.review.humans.length === 0) return false;
  const { people } = validSigns(proposal, facts);
  return people.length > 0 && people.every((sign) => sign.decision === "approved");
}

interface ValidSigns {
  readonly audits: readonly SignOff[];
  readonly people: readonly SignOff[];
}

/** Sign-offs that count: for this proposal, in time, and by none of those who are excluded, first its author unless the plan lets it. */
function validSigns(proposal: Proposal, facts: GateFacts): ValidSigns {
  const hash = proposalHash(proposal);
  const { auditor, humans, excluded, selfReview } = facts.review;
  const counts = (sign: SignOff): boolean =>
    sign.proposalHash === hash &&
    facts.nowMs < sign.expiresMs &&
    (selfReview === true || sign.by !== proposal.who.agent) &&
    !excluded.includes(sign.by);
  return { audits: auditor !== null && counts(auditor) ? [auditor] : [], people: humans.filter(counts) };
}

function lacking(rule: string, what: string): Refusal {
  return {
    code: "ERROR_REVIEW",
    rule,
    message: `Needs ${what} first`,
    object: rule,
    remedy: "The call waits for its reviewers.",
    violation: false,
    escalate: true,
  };
}

function rejection(by: string): Refusal {
  return {
    code: "ERROR_REVIEW",
    rule: "review-rejected",
    message: `Rejected by ${by}`,
    object: by,
    remedy: "Propose something else.",
    violation: false,
  };
}
