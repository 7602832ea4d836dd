import { sha256Hex } from "../../kernel/canonical.js";
import type { AnyNewEvent } from "../../schema/event.js";
import type { ReviewerList } from "../../schema/plan-setting.js";
import type { ApprovalRow, Resolution } from "../../store/agent-rows.js";
import type { Store } from "../../store/store.js";
import type { Crew } from "./context.js";
import { parsePlan } from "./plan-source.js";
import { cycleStream, eventAt, taskStream } from "./records.js";
import { peopleOf } from "./teams.js";

/** Id of the approval of one thing in one cycle: asking twice for the same is asking once. */
export function approvalId(cycle: number, hash: string): string {
  return `ap_${sha256Hex(`${cycle}:${hash}`).slice(0, 10)}`;
}

/** The approval asked for a hash in this cycle, if any. */
export function approvalOf(crew: Crew, hash: string): ApprovalRow | undefined {
  return crew.store.queries.approval(approvalId(crew.cycle, hash));
}

/** What is asked of people. */
export interface ApprovalWish {
  kind: "gate" | "call" | "escalation";
  task: string | null;
  hash: string;
  message: string;
  require: readonly string[];
  exclude: readonly string[];
}

/**
 * Whether an answer counts: an approval only by a person the plan names, by user name or git e-mail, where it names
 * any; a rejection by anyone. What cannot go on is any person's to decide (DESIGN §5).
 */
export function isAnswer(humans: ReviewerList, kind: ApprovalRow["kind"], answer: Resolution): boolean {
  if (humans === undefined || kind === "escalation" || answer.decision === "rejected") return true;
  const email = answer.identity?.git_email ?? null;
  return humans.includes(answer.by) || (email !== null && humans.includes(email));
}

/** The events that ask; none when it was asked before. */
export function requestApproval(crew: Crew, wish: ApprovalWish): { id: string; events: AnyNewEvent[] } {
  const id = approvalId(crew.cycle, wish.hash);
  if (crew.store.queries.approval(id) !== undefined) return { id, events: [] };
  const stream = wish.task === null ? cycleStream(crew.cycle) : taskStream(crew.cycle, wish.task);
  const place = { stream, actor: "worknode", run: crew.cycle, task: wish.task };
  const event = eventAt(place, "APPROVAL_REQUESTED", {
    id,
    kind: wish.kind,
    proposal_hash: wish.hash,
    message: wish.message,
    require: [...wish.require],
    exclude: [...wish.exclude],
    expires_at: crew.clock.nowMs() + crew.plan.approval.reviewers.expiresAfter,
  });
  return { id, events: [event] };
}

/** Whether the time to answer what was asked is over. */
export function hasExpired(crew: Crew, hash: string): boolean {
  const row = approvalOf(crew, hash);
  return row !== undefined && crew.clock.nowMs() >= row.expires_at;
}

/** Who may answer what a cycle asks (the plan it was started with); undefined: any person. */
export function reviewersOf(
  { root, store }: { readonly root: string; readonly store: Store },
  { cycle, kind }: Pick<ApprovalRow, "cycle" | "kind">,
): ReviewerList {
  const started = store.events({ stream: cycleStream(cycle), type: "CYCLE_STARTED", limit: 1 })[0];
  if (kind === "escalation" || started?.type !== "CYCLE_STARTED") return undefined;
  const { plan_source, plan_path } = started.payload;
  return peopleOf({ root }, parsePlan(plan_source, plan_path).plan.approval.reviewers.humans);
}

/** How people answered: a rejection sticks, an unanswered one past its time is a rejection. */
export function answerOf(crew: Crew, hash: string, people: number): "approved" | "rejected" | "pending" {
  const row = approvalOf(crew, hash);
  if (row === undefined) return "pending";
  const humans = peopleOf(crew.repository, crew.plan.approval.reviewers.humans);
  const valid = row.resolutions.filter(
    (resolution) => resolution.proposal_hash === hash && isAnswer(humans, row.kind, resolution),
  );
  if (valid.some(({ decision }) => decision === "rejected")) return "rejected";
  if (new Set(valid.map(({ by }) => by)).size >= people) return "approved";
  return crew.clock.nowMs() >= row.expires_at ? "rejected" : "pending";
}
