import type { Judgement, SignOff } from "../../gate/facts.js";
import { proposalHash } from "../../gate/review.js";
import { canonicalJson } from "../../kernel/canonical.js";
import type { AnyNewEvent } from "../../schema/event.js";
import type { CallRequest } from "../call/call-record.js";
import { judgeCall } from "../call/facts.js";
import { objectOf } from "../call/propose.js";
import { approvalOf, hasExpired, isAnswer, requestApproval } from "../state/approval.js";
import { auditorOf, type Crew, type CrewAgent } from "../state/context.js";
import { RunStop, TaskPark } from "../state/stop.js";
import { peopleOf } from "../state/teams.js";
import type { Converse } from "./converse.js";
import { simpleVerdict } from "./finish.js";
import { auditPrompt } from "./prompts.js";

/** A sign-off ends with the approval it answers, not by itself. */
const NEVER_MS = Number.MAX_SAFE_INTEGER;

/**
 * Gets the sign-offs a proposal still needs and judges it again. An auditor is asked at once; a person
 * is asked through an approval bound to the proposal's hash, and the task parks until they answer; no answer in time
 * is a rejection.
 */
export async function reviewCall(
  crew: Crew,
  request: CallRequest,
  first: Judgement,
  converse: Converse,
): Promise<Judgement> {
  const { proposal } = request;
  const hash = proposalHash(proposal);
  const excluded = excludedFrom(crew, proposal.who.agent);
  const auditor = first.requires.includes("auditor")
    ? await audit(crew, request, { converse, hash, excluded, risk: first.risk })
    : null;
  const humans = humanSigns(crew, hash);
  const selfReview = !crew.plan.approval.reviewers.preventSelfReview;
  const { judgement } = await judgeCall(crew, proposal, request.place, { auditor, humans, excluded, selfReview });
  if (!judgement.requires.includes("human")) return judgement;
  if (hasExpired(crew, hash)) {
    const late = { by: "nobody in time", decision: "rejected", proposalHash: hash, expiresMs: NEVER_MS } as const;
    const review = { auditor, humans: [...humans, late], excluded, selfReview };
    return (await judgeCall(crew, proposal, request.place, review)).judgement;
  }
  throw parkForPerson(crew, request, { hash, excluded, judgement });
}

/** The author and whoever spawned it judge nothing of their own, unless the plan lets them (`preventSelfReview`). */
export function excludedFrom(crew: Crew, agent: string): string[] {
  if (!crew.plan.approval.reviewers.preventSelfReview) return [];
  const parent = crew.agents.get(agent)?.parent;
  return parent === null || parent === undefined ? [agent] : [agent, parent];
}

async function audit(
  crew: Crew,
  request: CallRequest,
  about: { converse: Converse; hash: string; excluded: readonly string[]; risk: number },
): Promise<SignOff | null> {
  const { task } = request.proposal.who;
  const auditor = auditorOf(crew, about.excluded);
  if (auditor === undefined) return null;
  const named = task === "-" ? null : task;
  const known = signedBefore(crew, named, about.hash);
  const verdict = known ?? (await askAuditor(crew, request, { auditor, task: named, ...about }));
  if (verdict === undefined) return null;
  return {
    by: auditor.id,
    proposalHash: about.hash,
    decision: verdict === "ACCEPT" ? "approved" : "rejected",
    expiresMs: NEVER_MS,
  };
}

/** An audit that ended before a crash still counts: its outcome names the proposal's hash. */
function signedBefore(crew: Crew, task: string | null, hash: string): string | undefined {
  const rows = crew.store.queries.conversations(crew.cycle, task, "audit");
  return rows.find(({ outcome }) => outcome?.endsWith(hash) === true)?.outcome?.split(" ")[0];
}

async function askAuditor(
  crew: Crew,
  request: CallRequest,
  about: { converse: Converse; auditor: CrewAgent; task: string | null; hash: string; risk: number },
): Promise<string | undefined> {
  const workspace = request.place.workspace;
  if (workspace === undefined) return undefined;
  const { end } = await about.converse(crew, {
    kind: "audit",
    task: about.task,
    agent: about.auditor,
    workspace,
    prompt: () =>
      auditPrompt({
        text: canonicalJson(request.proposal),
        risk: about.risk,
        hash: about.hash,
        root: workspace.shownRoot,
      }),
    finish: simpleVerdict("submit_verdict", about.hash),
  });
  return end.kind === "finished" ? end.finish.output.decision : undefined;
}

function humanSigns(crew: Crew, hash: string): SignOff[] {
  const approval = approvalOf(crew, hash);
  const humans = peopleOf(crew.repository, crew.plan.approval.reviewers.humans);
  const answers = (approval?.resolutions ?? []).filter((answer) => isAnswer(humans, "call", answer));
  return answers.map(({ by, decision, proposal_hash }) => ({
    by,
    decision,
    proposalHash: proposal_hash,
    expiresMs: NEVER_MS,
  }));
}

/** The policies an approval would override. */
function against({ denials }: Judgement): string {
  const policies = denials.filter(({ code }) => code === "ERROR_POLICY").map(({ rule }) => rule);
  return policies.length === 0 ? "" : `; approving overrides ${policies.join(", ")}`;
}

/** Texts shown line by line as in a difference, in this order, and how a line of each is marked. A command's lines would be run. */
const MARKS: ReadonlyMap<string, string> = new Map([
  ["command", "+"],
  ["content", "+"],
  ["old_string", "-"],
  ["new_string", "+"],
]);

/** Every argument that the first line does not show whole: nobody approves what they have not seen. */
function shownArguments({ args }: CallRequest["proposal"]["what"]): string[] {
  const object = objectOf(args);
  const rest = Object.keys(args).filter((name) => !MARKS.has(name));
  return [...MARKS.keys(), ...rest].flatMap((name) => {
    const value = args[name];
    if (value === undefined || (value === object && !object.includes("\n"))) return [];
    const mark = MARKS.get(name);
    if (mark === undefined || typeof value !== "string" || value === "") return [`${name}: ${JSON.stringify(value)}`];
    const lines = value.replace(/\n$/, "").split("\n");
    return lines.map((line) => `${mark} ${line}`);
  });
}

function parkForPerson(
  crew: Crew,
  request: CallRequest,
  about: { hash: string; excluded: readonly string[]; judgement: Judgement },
): RunStop | TaskPark {
  const { proposal } = request;
  const asked: { id: string; events: AnyNewEvent[] } = requestApproval(crew, {
    kind: "call",
    task: proposal.who.task === "-" ? null : proposal.who.task,
    hash: about.hash,
    message: [
      `${proposal.who.agent} wants to ${proposal.action.replace(/\s+/g, " ")} (risk ${about.judgement.risk}${against(about.judgement)})`,
      ...shownArguments(proposal.what),
    ].join("\n"),
    require: about.judgement.requires,
    exclude: about.excluded,
  });
  crew.store.append(asked.events);
  const reason = `${proposal.action} waits for a person: worknode approve ${asked.id}`;
  return proposal.who.task === "-" ? new RunStop(6, reason) : new TaskPark(asked.id, reason);
}
