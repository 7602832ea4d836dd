import { hashOf } from "../../kernel/canonical.js";
import type { AnyNewEvent } from "../../schema/event.js";
import type { ToolUseBlock } from "../../schema/message.js";
import type { PlanTask } from "../../schema/plan-task.js";
import { toolInputSchemas } from "../../schema/tool.js";
import { refuseReassign } from "../agent/spawn.js";
import { headWorkspace } from "../call/workspaces.js";
import { answerOf, requestApproval } from "../state/approval.js";
import { type Crew, type CrewAgent, ownerOf, tierAgent } from "../state/context.js";
import { eventAt, taskStream } from "../state/records.js";
import { TaskPark } from "../state/stop.js";
import { foldTaskEvent, type TaskState } from "../state/task-state.js";
import { setStatusNow } from "../state/task-status.js";
import { type Amendment, amendmentDiff, applyAmendment, judgeAmendment } from "./amend.js";
import { asRecord } from "./chain.js";
import { converse } from "./converse.js";
import { callBefore, simpleVerdict, turnBack } from "./finish.js";
import { escalationPrompt } from "./prompts.js";

/** Something an agent hands to the tier above. */
export interface Trouble {
  readonly task: PlanTask;
  readonly state: TaskState;
  readonly from: string;
  readonly reason: string;
  readonly needs: string;
}

/** Guidance for the next attempt. */
export interface Remedy {
  readonly action: "retry" | "reassign";
  readonly reason: string;
}

/**
 * Hands trouble to the executive, and to a person where the executive blocks it, cannot decide, or has
 * had its remedy fail. Answers the remedy; parks the task (TaskPark) while a person has not decided.
 */
export async function escalate(crew: Crew, trouble: Trouble): Promise<Remedy> {
  const { id, to } = openEscalation(crew, trouble);
  if (to === "human") return askPerson(crew, trouble, id);
  const executive = tierAgent(crew, "executive");
  if (executive === undefined) return handOn(crew, trouble, { id, by: "rules", why: "the plan has no executive" });
  const decided = await decisionOn(crew, { ...trouble, id }, executive);
  const at = { id, by: executive.id };
  if (decided === undefined) return handOn(crew, trouble, { ...at, why: "the executive did not decide" });
  const { action, reason, agent, amendment } = decided;
  if (amendment !== undefined) return amend(crew, trouble, { ...at, reason, amendment });
  if (action === "retry" || action === "reassign") return follow(crew, trouble, { ...at, action, reason, agent });
  return handOn(crew, trouble, { ...at, why: reason });
}

/**
 * Hands trouble straight to a person, where there is no executive to ask. Answers the remedy once they approved another
 * try; throws TaskPark until then, and with an empty approval where they gave the task up.
 */
export function escalateToPerson(crew: Crew, trouble: Trouble): Remedy {
  const id = [...trouble.state.open.keys()].at(-1) ?? escalationId(crew, trouble);
  if (!trouble.state.open.has(id)) recordEscalation(crew, trouble, { id, to: "human" });
  return askPerson(crew, trouble, id);
}

/** The escalation under way, or a new one. */
function openEscalation(crew: Crew, trouble: Trouble): { id: string; to: "executive" | "human" } {
  const open = [...trouble.state.open.values()].at(-1);
  if (open !== undefined) return { id: open.id, to: open.to };
  const made = nextEscalation(crew, trouble);
  recordEscalation(crew, trouble, made);
  return made;
}

/** A remedy that failed goes to a person. */
function nextEscalation(crew: Crew, trouble: Trouble): Escalated {
  const failed = trouble.state.remedies.some(({ by }) => by !== "person");
  return { id: escalationId(crew, trouble), to: failed ? "human" : "executive" };
}

/** Events that open an escalation, for who records them with what led to it; `escalate` then takes it up. */
export function escalationOf(crew: Crew, trouble: Trouble): AnyNewEvent[] {
  return escalationEvents(crew, trouble, nextEscalation(crew, trouble));
}

/** Carries out the executive's remedy. */
function follow(
  crew: Crew,
  trouble: Trouble,
  remedy: { id: string; by: string; action: "retry" | "reassign"; reason: string; agent?: string | undefined },
): Remedy {
  const { id, by, action, reason, agent } = remedy;
  const named = action === "reassign" && agent !== undefined ? { agent } : {};
  if (named.agent !== undefined) crew.assigned.set(trouble.task.id, named.agent);
  resolve(crew, trouble, { id, action, by, reason, ...named });
  return { action, reason };
}

/** Within `mayExtend` at once; beyond it the task alone waits for a person. */
function amend(
  crew: Crew,
  trouble: Trouble,
  how: { id: string; by: string; reason: string; amendment: Amendment },
): Remedy {
  const { id, by, reason, amendment } = how;
  const { files, within } = amendment;
  if (!within) return handOn(crew, trouble, { id, by, why: reason, amend: files });
  applyAmendment(crew, trouble.task, { files, by, reason });
  return granted(crew, trouble, { id, by, reason, files });
}

/** The task goes on with the files it was given. */
function granted(
  crew: Crew,
  trouble: Trouble,
  how: { id: string; by: string; reason: string; files: readonly string[] },
): Remedy {
  const { id, by, files } = how;
  const reason = `${how.reason} (you may write ${files.join(", ")} now)`;
  resolve(crew, trouble, { id, action: "amend", by, reason });
  return { action: "retry", reason };
}

/** The executive blocks, cannot decide, or wants files that are not its to give: a person decides. */
function handOn(
  crew: Crew,
  trouble: Trouble,
  at: { id: string; by: string; why: string; amend?: readonly string[] },
): Remedy {
  const { id, by, why, amend: files } = at;
  const next = { id: escalationId(crew, trouble), to: "human", ...(files === undefined ? {} : { files }) } as const;
  crew.store.transaction(() => {
    resolve(crew, trouble, { id, action: "block", by, reason: why });
    recordEscalation(crew, { ...trouble, from: by, reason: `${trouble.reason} (${why})` }, next);
  });
  return askPerson(crew, trouble, next.id);
}

function escalationId(crew: Crew, { task }: Trouble): string {
  const before = crew.store.events({ stream: taskStream(crew.cycle, task.id), type: "ESCALATION" }).length;
  return `es_${crew.cycle}_${task.id}_${before + 1}`;
}

interface Escalated {
  readonly id: string;
  readonly to: "executive" | "human";
  /** Files a person is asked to give the task. */
  readonly files?: readonly string[];
}

function recordEscalation(crew: Crew, trouble: Trouble, at: Escalated): void {
  const events = escalationEvents(crew, trouble, at);
  crew.store.append(events);
  for (const event of events) foldTaskEvent(trouble.state, event);
}

function escalationEvents(crew: Crew, trouble: Trouble, at: Escalated): AnyNewEvent[] {
  const { task, from, reason, needs } = trouble;
  const place = { stream: taskStream(crew.cycle, task.id), actor: from, run: crew.cycle, task: task.id };
  const amend = at.files === undefined ? {} : { amend: [...at.files] };
  const payload = { id: at.id, from, reason, ...(needs === "" ? {} : { needs }), ...amend, to: at.to };
  return [
    eventAt(place, "ESCALATION", payload),
    eventAt(place, "ALERT", { severity: "warning", message: `${task.id} is escalated: ${reason}`, to: at.to }),
  ];
}

interface Resolution {
  id: string;
  action: "retry" | "reassign" | "amend" | "block";
  by: string;
  reason: string;
  agent?: string;
}

function resolve(crew: Crew, trouble: Trouble, resolution: Resolution): void {
  const { task, state } = trouble;
  const place = { stream: taskStream(crew.cycle, task.id), actor: resolution.by, run: crew.cycle, task: task.id };
  const resolved = eventAt(place, "ESCALATION_RESOLVED", resolution);
  const { agent: assignee, by } = resolution;
  crew.store.append([resolved, ...(assignee === undefined ? [] : [eventAt(place, "TASK_ASSIGNED", { assignee, by })])]);
  foldTaskEvent(state, resolved);
}

interface Decided {
  action: "retry" | "reassign" | "amend" | "block";
  reason: string;
  agent?: string | undefined;
  amendment?: Amendment;
}

/** What the executive decides, or decided before a crash. */
async function decisionOn(
  crew: Crew,
  trouble: Trouble & { id: string },
  executive: CrewAgent,
): Promise<Decided | undefined> {
  const before = callBefore(crew, { task: trouble.task.id, kind: "escalation", mark: trouble.id });
  const call = before ?? (await askExecutive(crew, trouble, executive));
  return call === undefined ? undefined : decisionIn(crew, trouble.task, call);
}

async function askExecutive(
  crew: Crew,
  trouble: Trouble & { id: string },
  executive: CrewAgent,
): Promise<ToolUseBlock | undefined> {
  const { task, state } = trouble;
  const workspace = await headWorkspace(crew);
  const { end } = await converse(crew, {
    kind: "escalation",
    task: task.id,
    agent: executive,
    workspace,
    prompt: () =>
      escalationPrompt({
        task: task.id,
        title: task.title,
        owner: ownerOf(crew, task),
        from: trouble.from,
        reason: trouble.reason,
        needs: trouble.needs,
        history: state.rejections,
        alerts: crew.store.queries.alerts(crew.cycle, 5).map(({ message }) => message),
        write: task.files.write,
        mayExtend: crew.plan.mayExtend,
        agents: [...crew.agents.values()].filter(({ tier }) => tier === "implementation").map(({ id }) => id),
        root: workspace.shownRoot,
      }),
    finish: async (at) => {
      const { action, agent, patch } = toolInputSchemas.resolve_escalation.parse(asRecord(at.call.input));
      const amendment = action === "amend" ? judgeAmendment(crew, task, patch) : undefined;
      if (amendment?.ok === false) return turnBack(at, amendment.error);
      const refusal = action === "reassign" ? refuseReassign(crew, task.id, agent ?? "") : undefined;
      if (refusal !== undefined) return turnBack(at, refusal);
      return await simpleVerdict("resolve_escalation", trouble.id)(at);
    },
  });
  return end.kind === "exhausted" ? undefined : end.call;
}

/** Undefined where the files it gives can no longer be given. */
function decisionIn(crew: Crew, task: PlanTask, call: ToolUseBlock): Decided | undefined {
  const { action, reason, agent, patch } = toolInputSchemas.resolve_escalation.parse(asRecord(call.input));
  if (action !== "amend") return { action, reason, agent };
  const amendment = judgeAmendment(crew, task, patch); // again: others may have begun while it was decided
  return amendment.ok ? { action, reason, amendment: amendment.value } : undefined;
}

/** An agent's words stay on one line: on lines of their own they could pass for the change to the plan. */
function questionOf({ task, reason: said }: Trouble, amend: readonly string[] | undefined): string {
  const reason = said.replace(/\s+/g, " ");
  if (amend === undefined)
    return `${task.id} cannot go on: ${reason}. Approve for another try, or reject to give it up.`;
  const change = amendmentDiff(task, amend);
  return `${task.id} needs files the plan does not give it: ${reason}. Approve to change the plan, or reject to give it up:\n${change}`;
}

/** A person approves another try, or the change to the plan, or rejects the task; until then it is parked. */
function askPerson(crew: Crew, trouble: Trouble, id: string): Remedy {
  const { task } = trouble;
  const files = trouble.state.open.get(id)?.amend;
  const about = { escalation: id, task: task.id, plan: crew.planHash };
  const hash = hashOf(files === undefined ? about : { ...about, amend: files });
  const asked = requestApproval(crew, {
    kind: "escalation",
    task: task.id,
    hash,
    message: questionOf(trouble, files),
    require: ["human"],
    exclude: [],
  });
  crew.store.append(asked.events);
  const answer = answerOf(crew, hash, 1);
  if (answer === "pending") throw new TaskPark(asked.id, `${task.id} waits for a person: worknode approve ${asked.id}`);
  if (answer === "approved") return approved(crew, trouble, { id, approval: asked.id, files });
  const reason = "a person gave the task up";
  crew.store.transaction(() => {
    resolve(crew, trouble, { id, action: "block", by: "person", reason });
    setStatusNow(crew, task.id, "REJECTED", { reason });
  });
  throw new TaskPark("", reason);
}

function approved(
  crew: Crew,
  trouble: Trouble,
  at: { id: string; approval: string; files: readonly string[] | undefined },
): Remedy {
  const { id, files } = at;
  const { by = "person", reason = "" } = crew.store.queries.approval(at.approval)?.resolutions.at(-1) ?? {};
  if (files !== undefined) {
    applyAmendment(crew, trouble.task, { files, by, reason });
    return granted(crew, trouble, { id, by: "person", reason, files });
  }
  resolve(crew, trouble, { id, action: "retry", by: "person", reason });
  return { action: "retry", reason };
}
