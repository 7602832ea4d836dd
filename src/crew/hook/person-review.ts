import { claimedIdentity } from "../../effect/repository/identity.js";
import type { Judgement, SignOff } from "../../gate/facts.js";
import { proposalHash } from "../../gate/review.js";
import type { CallRequest } from "../call/call-record.js";
import { judgeCall } from "../call/facts.js";
import { excludedFrom } from "../conversation/review-call.js";
import { eventAt } from "../state/records.js";
import type { HookPlace } from "./place.js";

/** A sign-off given on the spot ends with its call. */
const NEVER_MS = Number.MAX_SAFE_INTEGER;

/** Whether the person at the client may sign for calls: anybody unless the plan names who does. */
export function mayReview({ crew }: HookPlace): boolean {
  const { humans } = crew.plan.approval.reviewers;
  const { os_user, git_email } = claimedIdentity(crew.env, crew.repository);
  return humans === undefined || humans.includes(os_user) || (git_email !== null && humans.includes(git_email));
}

/**
 * Judges a call again with the sign-off of the person whom the client asked: that the call was made at all is their
 * answer. They sign as themselves (claimed, not proven), for the auditor as well, and for no second person.
 */
export async function signedByPerson({ crew, agent }: HookPlace, request: CallRequest): Promise<Judgement> {
  const { proposal, place } = request;
  const by = claimedIdentity(crew.env, crew.repository).os_user;
  const sign: SignOff = { by, decision: "approved", proposalHash: proposalHash(proposal), expiresMs: NEVER_MS };
  const selfReview = !crew.plan.approval.reviewers.preventSelfReview;
  const review = { auditor: sign, humans: [sign], excluded: excludedFrom(crew, agent.id), selfReview };
  return (await judgeCall(crew, proposal, place, review)).judgement;
}

/** The verdict with that sign-off, for the record. */
export async function reviewedEvent(place: HookPlace, request: CallRequest): Promise<ReturnType<typeof eventAt>> {
  const { verdict } = await signedByPerson(place, request);
  return eventAt(request.records, "VERDICT", { ...verdict, call_id: request.proposal.call_id, mode: "reviewed" });
}
