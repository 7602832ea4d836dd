import { hashOf } from "../../kernel/canonical.js";
import type { PlanGateStep } from "../../schema/plan-step.js";
import { asRecord } from "../conversation/chain.js";
import { converse } from "../conversation/converse.js";
import { simpleVerdict } from "../conversation/finish.js";
import { auditPrompt } from "../conversation/prompts.js";
import { excludedFrom } from "../conversation/review-call.js";
import { answerOf, approvalOf, requestApproval } from "../state/approval.js";
import { auditorOf, type Crew, ownerOf } from "../state/context.js";
import { TaskPark } from "../state/stop.js";
import type { TaskRun } from "../state/task-status.js";
import { textOf } from "../state/text.js";

/** How a gate answered; `rejections` counts those of this gate so far. */
export interface GateAnswer {
  readonly approved: boolean;
  readonly reason: string;
  readonly rejections: number;
}

/** Asks an auditor, a person, or both; parks the task (TaskPark) while a person has not answered. */
export async function passGate(crew: Crew, run: TaskRun, step: PlanGateStep, message: string): Promise<GateAnswer> {
  const rounds = run.state.rejections.filter((text) => text.startsWith(`Gate ${step.id} was rejected`)).length;
  const hash = hashOf({ gate: step.id, task: run.task.id, plan: crew.planHash, message, rounds });
  const asked = { message, hash, author: ownerOf(crew, run.task) };
  const needs = new Set(step.gate.require);
  const refusal = needs.has("auditor") ? await audit(crew, run, asked) : undefined;
  const reason = refusal ?? (needs.has("human") ? askPerson(crew, run, asked) : undefined);
  if (reason === undefined) return { approved: true, reason: "", rejections: rounds };
  return { approved: false, reason, rejections: rounds + 1 };
}

/** Why a person refused, or undefined; parks the task (TaskPark) while they have not answered. */
function askPerson(
  crew: Crew,
  run: TaskRun,
  about: { message: string; hash: string; author: string },
): string | undefined {
  const { message, hash, author } = about;
  const wish = {
    kind: "gate",
    task: run.task.id,
    hash,
    message,
    require: ["human"],
    exclude: excludedFrom(crew, author),
  } as const;
  const asked = requestApproval(crew, wish);
  crew.store.append(asked.events);
  const answer = answerOf(crew, hash, 1);
  if (answer === "pending")
    throw new TaskPark(asked.id, `${message}: waits for a person (worknode approve ${asked.id})`);
  if (answer === "approved") return undefined;
  return approvalOf(crew, hash)?.resolutions.at(-1)?.reason ?? "no answer in time";
}

/** The auditor's objection, or undefined; an audit that ended before a crash counts. */
async function audit(
  crew: Crew,
  run: TaskRun,
  what: { message: string; hash: string; author: string },
): Promise<string | undefined> {
  const known = crew.store.queries
    .conversations(crew.cycle, run.task.id, "audit")
    .find(({ outcome }) => outcome?.endsWith(what.hash) === true);
  if (known !== undefined) return known.outcome?.startsWith("ACCEPT") === true ? undefined : "rejected by the auditor";
  const auditor = auditorOf(crew, excludedFrom(crew, what.author));
  if (auditor === undefined) return "no auditor may judge this gate";
  const { end } = await converse(crew, {
    kind: "audit",
    task: run.task.id,
    agent: auditor,
    workspace: run.workspace,
    prompt: () => auditPrompt({ text: what.message, risk: 0, hash: what.hash, root: run.workspace.shownRoot }),
    finish: simpleVerdict("submit_verdict", what.hash),
  });
  if (end.kind === "exhausted") return `the auditor gave no verdict: ${end.reason}`;
  return end.finish.output.decision === "ACCEPT" ? undefined : textOf(asRecord(end.call.input)["feedback"]);
}
