import { treeHash } from "../../effect/workspace/tree.js";
import { hashOf } from "../../kernel/canonical.js";
import type { AnyNewEvent } from "../../schema/event.js";
import type { ToolUseBlock } from "../../schema/message.js";
import type { PlanGateStep } from "../../schema/plan-step.js";
import { asRecord } from "../conversation/chain.js";
import { converse } from "../conversation/converse.js";
import { callBefore, simpleVerdict } from "../conversation/finish.js";
import { auditPrompt } from "../conversation/prompts.js";
import { excludedFrom } from "../conversation/review-call.js";
import { answerOf, approvalOf, requestApproval } from "../state/approval.js";
import { auditorOf, type Crew, ownerOf } from "../state/context.js";
import { taskStream } from "../state/records.js";
import { rejectionEvents } from "../state/rejection.js";
import { TaskPark } from "../state/stop.js";
import type { TaskRun } from "../state/task-status.js";
import { textOf } from "../state/text.js";
import { canChange } from "./rules.js";

/** How a gate answered; `rejections` counts those of this gate so far. */
export interface GateAnswer {
  readonly approved: boolean;
  readonly reason: string;
  readonly rejections: number;
}

/**
 * Asks an auditor, a person, or both, about the task's files as they are; what they said of other contents does not
 * count. Parks the task (TaskPark) while a person has not answered.
 */
export async function passGate(crew: Crew, run: TaskRun, step: PlanGateStep, message: string): Promise<GateAnswer> {
  const rounds = rejectionsOf(crew, run, step.id);
  const tree = canChange(run.task) ? await treeHash(run.workspace) : null;
  const hash = hashOf({ gate: step.id, task: run.task.id, plan: crew.planHash, message, rounds, tree });
  const asked = { message, hash, author: ownerOf(crew, run.task) };
  const needs = new Set(step.gate.require);
  const refusal = needs.has("auditor") ? await audit(crew, run, asked) : undefined;
  const reason = refusal ?? (needs.has("human") ? askPerson(crew, run, asked) : undefined);
  if (reason === undefined) return { approved: true, reason: "", rejections: rounds };
  return { approved: false, reason, rejections: rounds + 1 };
}

/** Events that a gate turned a task's work down. */
export function gateRejection({ place, state }: TaskRun, gate: string, reason: string): AnyNewEvent[] {
  const feedback = `Gate ${gate} was rejected: ${reason}`;
  return rejectionEvents(place, { attempt: state.rejections.length + 1, by: byGate(gate), feedback });
}

function byGate(gate: string): string {
  return `gate ${gate}`;
}

/** How often a gate turned the task's work down, in all sessions. */
function rejectionsOf(crew: Crew, { task }: TaskRun, gate: string): number {
  const rejected = crew.store.events({ stream: taskStream(crew.cycle, task.id), type: "TASK_REJECTED" });
  return rejected.filter((event) => event.type === "TASK_REJECTED" && event.payload.by === byGate(gate)).length;
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
  const known = callBefore(crew, { task: run.task.id, kind: "audit", mark: what.hash });
  if (known !== undefined) return objectionIn(known);
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
  return end.kind === "exhausted" ? `the auditor gave no verdict: ${end.reason}` : objectionIn(end.call);
}

function objectionIn({ input }: ToolUseBlock): string | undefined {
  const { decision, feedback } = asRecord(input);
  return decision === "ACCEPT" ? undefined : textOf(feedback);
}
