import { hashOf } from "../kernel/canonical.js";
import type { Proposal } from "../schema/proposal.js";
import type { Refusal } from "./denial.js";
import type { GateFacts, SignOff } from "./facts.js";
import { riskOf } from "./risk.js";

/** What a proposal needs before it may run: an auditor, and how many people. */
export interface ReviewNeed {
  readonly auditor: boolean;
  readonly humans: number;
}

/** SHA-256 of what would be done: any change of it voids every approval. */
export function proposalHash(proposal: Proposal): string {
  const { what, when, who } = proposal;
  return hashOf({ what, when, who });
}

/** What the risk score asks for (limits: automatic, auditor, person with auditor, two people). */
export function reviewNeed(risk: number, limits: GateFacts["risk"]): ReviewNeed {
  const people = limits.humanReview === "always" ? 1 : 0;
  if (risk <= limits.auto) return { auditor: false, humans: people };
  if (risk <= limits.auditor) return { auditor: true, humans: people };
  if (limits.humanReview === "never") return { auditor: true, humans: 0 };
  return { auditor: true, humans: risk <= limits.human ? 1 : 2 };
}

/** Sign-offs a proposal still lacks; a rejection refuses whatever else was signed. */
export function checkReview(proposal: Proposal, facts: GateFacts): Refusal[] {
  const need = reviewNeed(riskOf(proposal, facts), facts.risk);
  if (!need.auditor && need.humans === 0) return [];
  const hash = proposalHash(proposal);
  const { auditor, humans, excluded } = facts.review;
  const valid = (sign: SignOff): boolean =>
    sign.proposalHash === hash && facts.nowMs < sign.expiresMs && !excluded.includes(sign.by);
  const people = humans.filter(valid);
  const audit = auditor !== null && valid(auditor) ? auditor : null;
  const rejected = [...people, ...(audit === null ? [] : [audit])].find((sign) => sign.decision === "rejected");
  if (rejected !== undefined) return [rejection(rejected.by)];
  const refusals: Refusal[] = [];
  if (need.auditor && audit === null) refusals.push(lacking("review-auditor", "an auditor's sign-off"));
  const names = new Set(people.map((sign) => sign.by));
  if (names.size < need.humans) refusals.push(lacking("review-human", `approval by ${need.humans} person(s)`));
  return refusals;
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
