import { reviewersOf } from "../../crew/state/approval.js";
import { claimedIdentity, type Identity } from "../../effect/repository/identity.js";
import { invalid } from "../../kernel/fault.js";
import { visibleJson } from "../../kernel/visible.js";
import type { AnyNewEvent } from "../../schema/event.js";
import type { ApprovalRow } from "../../store/agent-rows.js";
import type { Store } from "../../store/store.js";
import { questionLines } from "./approval-lines.js";
import { describeVerb, formatOption, type OutputFormat, withArguments } from "./arguments.js";
import { type CliContext, type Verb, writeLine } from "./context.js";
import { withStore } from "./project.js";

interface Options {
  reason?: string;
  outputFormat: OutputFormat;
}

/** `worknode approve ID`: records a person's consent; a live run notices, otherwise `continue` proceeds. */
export const approveVerb: Verb = (context, args) => {
  const command = describeVerb(context, "approve", "Approve what waits for a person; `worknode approvals` lists it.")
    .argument("<id>", "the approval's id")
    .option("--reason <text>", "why", "approved")
    .addOption(formatOption());
  return withArguments<Options>(command, args, ({ options, values }) =>
    resolve(context, values[0] ?? "", { ...options, decision: "approved" }),
  );
};

/** `worknode reject ID --reason TEXT`: records a person's refusal. A rejection sticks. */
export const rejectVerb: Verb = (context, args) => {
  const command = describeVerb(context, "reject", "Reject what waits for a person.")
    .argument("<id>", "the approval's id")
    .requiredOption("--reason <text>", "what is wrong; the agents are told")
    .addOption(formatOption());
  return withArguments<Options>(command, args, ({ options, values }) =>
    resolve(context, values[0] ?? "", { ...options, decision: "rejected" }),
  );
};

/**
 * Asks for one key about what was just shown: `a` approves it, any other leaves it waiting. False when no more is to be
 * asked.
 */
export async function approveByKey(
  context: CliContext,
  { id }: Pick<ApprovalRow, "id">,
  key: (question: string) => Promise<string>,
): Promise<boolean> {
  const pressed = await key(`${id}: a approves it, q ends, any other key leaves it waiting`);
  if (pressed === "a") await resolve(context, id, { decision: "approved", reason: "approved", outputFormat: "text" });
  return !QUIT.has(pressed);
}

/** `q`, and what Control-C and Control-D are where a terminal passes every key on. */
const QUIT: ReadonlySet<string> = new Set(["q", "\u0003", "\u0004", ""]);

type Answer = Options & { decision: "approved" | "rejected" };

/** Records a person's answer and says so. An id is made of the proposal's hash, so it never comes to mean another one. */
function resolve(context: CliContext, id: string, answer: Answer): Promise<number> {
  return withStore(
    context,
    (store, location) => {
      const approval = store.transaction(() => {
        const found = openApproval(store, id);
        const identity = claimedIdentity(context.env, location);
        if (answer.decision === "approved") requireReviewer({ store, root: location.root }, found, identity);
        store.append([resolution(found, answer, identity)]);
        return found;
      });
      const { proposal_hash } = approval;
      const report = { id, decision: answer.decision, proposal_hash };
      if (answer.outputFormat === "json") writeLine(context.out, visibleJson(report));
      else
        writeLine(
          context.out,
          `${shownOf(approval)}\n${id} ${answer.decision}. A live run goes on by itself; otherwise: worknode continue`,
        );
      return 0;
    },
    { readonly: false },
  );
}

function openApproval(store: Store, id: string): ApprovalRow {
  const approval = store.queries.approval(id);
  if (approval === undefined)
    throw invalid("UNKNOWN_APPROVAL", `There is no approval ${id}. \`worknode approvals\` lists what waits.`);
  if (approval.decision === "rejected")
    throw invalid("APPROVAL_CLOSED", `${id} was rejected already; a rejection sticks.`);
  if (store.clock.nowMs() >= approval.expires_at) {
    throw invalid(
      "APPROVAL_EXPIRED",
      `${id} has expired, which counts as a rejection. \`worknode continue\` asks again where the plan allows it.`,
    );
  }
  return approval;
}

/** The plan may name who approves; somebody else's approval would be recorded and help nobody. Anyone may reject. */
function requireReviewer(
  at: { readonly store: Store; readonly root: string },
  approval: ApprovalRow,
  { os_user, git_email }: Identity,
): void {
  const humans = reviewersOf(at, approval);
  if (humans === undefined || humans.includes(os_user) || (git_email !== null && humans.includes(git_email))) return;
  throw invalid(
    "NOT_A_REVIEWER",
    `the plan lets only ${humans.join(", ") || "nobody"} approve ${approval.id}; you are ${os_user} (${git_email ?? "no git e-mail"}).`,
  );
}

/** What a person sees of what they answer, harmless on a terminal. */
function shownOf({ task, kind, message, proposal_hash }: ApprovalRow): string {
  return `${task ?? "-"}  ${kind}  ${questionLines(message).join("\n  ")}  [${proposal_hash.slice(0, 12)}]`;
}

function resolution(approval: ApprovalRow, answer: Answer, identity: Identity): AnyNewEvent {
  return {
    type: "APPROVAL_RESOLVED",
    stream: approval.task === null ? `cycle:${approval.cycle}` : `task:${approval.cycle}:${approval.task}`,
    actor: identity.os_user,
    run: approval.cycle,
    task: approval.task,
    execution: null,
    payload: {
      id: approval.id,
      proposal_hash: approval.proposal_hash,
      decision: answer.decision,
      by: identity.os_user,
      identity,
      reason: answer.reason ?? answer.decision,
      shown: shownOf(approval),
    },
  };
}
