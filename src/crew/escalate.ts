import { hashOf } from "../kernel/canonical.js";
import type { PlanTask } from "../schema/plan-task.js";
import { toolInputSchemas } from "../schema/tool.js";
import { answerOf, requestApproval } from "./approval.js";
import { asRecord } from "./chain.js";
import { type Crew, type CrewAgent, ownerOf, tierAgent } from "./context.js";
import { converse } from "./converse.js";
import { simpleVerdict, turnBack } from "./finish.js";
import { escalationPrompt } from "./prompts.js";
import { eventAt, taskStream } from "./records.js";
import { TaskPark } from "./stop.js";
import type { TaskState } from "./task-state.js";
import { headWorkspace } from "./workspaces.js";

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
  const decided = await askExecutive(crew, trouble, executive);
  const at = { id, by: executive.id };
  if (decided === undefined) return handOn(crew, trouble, { ...at, why: "the executive did not decide" });
  const { action, reason, agent } = decided;
  if (action === "retry" || action === "reassign") return follow(crew, trouble, { ...at, action, reason, agent });
  return handOn(crew, trouble, { ...at, why: reason });
}

/** The escalation under way, or a new one; a remedy that failed goes to a person. */
function openEscalation(crew: Crew, trouble: Trouble): { id: string; to: "executive" | "human" } {
  const open = [...trouble.state.open.values()].at(-1);
  if (open !== undefined) return { id: open.id, to: open.to };
  const failed = trouble.state.remedies.some(({ by }) => by !== "person");
  const made = { id: escalationId(crew, trouble), to: failed ? ("human" as const) : ("executive" as const) };
  recordEscalation(crew, trouble, made);
  return made;
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

/** The executive blocks, or cannot decide: a person does. */
function handOn(crew: Crew, trouble: Trouble, at: { id: string; by: string; why: string }): Remedy {
  const { id, by, why } = at;
  resolve(crew, trouble, { id, action: "block", by, reason: why });
  const next = escalationId(crew, trouble);
  recordEscalation(crew, { ...trouble, from: by, reason: `${trouble.reason} (${why})` }, { id: next, to: "human" });
  return askPerson(crew, trouble, next);
}

function escalationId(crew: Crew, { task }: Trouble): string {
  const before = crew.store.events({ stream: taskStream(crew.cycle, task.id), type: "ESCALATION" }).length;
  return `es_${crew.cycle}_${task.id}_${before + 1}`;
}

function recordEscalation(crew: Crew, trouble: Trouble, at: { id: string; to: "executive" | "human" }): void {
  const { task, from, reason, needs } = trouble;
  const place = { stream: taskStream(crew.cycle, task.id), actor: from, run: crew.cycle, task: task.id };
  const payload = { id: at.id, from, reason, ...(needs === "" ? {} : { needs }), to: at.to };
  crew.store.append([
    eventAt(place, "ESCALATION", payload),
    eventAt(place, "ALERT", { severity: "warning", message: `${task.id} is escalated: ${reason}`, to: at.to }),
  ]);
  trouble.state.open.set(at.id, payload);
}

interface Resolution {
  id: string;
  action: "retry" | "reassign" | "block";
  by: string;
  reason: string;
  agent?: string;
}

function resolve(crew: Crew, trouble: Trouble, resolution: Resolution): void {
  const { task, state } = trouble;
  const place = { stream: taskStream(crew.cycle, task.id), actor: resolution.by, run: crew.cycle, task: task.id };
  crew.store.append([eventAt(place, "ESCALATION_RESOLVED", resolution)]);
  state.open.delete(resolution.id);
  if (resolution.action === "block") return;
  const { by, action, reason, agent } = resolution;
  state.remedies.push({ by, action, reason, agent });
  state.rejections = [];
}

interface Decided {
  action: "retry" | "reassign" | "amend" | "block";
  reason: string;
  agent?: string | undefined;
}

async function askExecutive(crew: Crew, trouble: Trouble, executive: CrewAgent): Promise<Decided | undefined> {
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
        agents: [...crew.agents.values()].filter(({ tier }) => tier === "implementation").map(({ id }) => id),
        root: workspace.shownRoot,
      }),
    finish: async (at) => {
      const { action, agent } = toolInputSchemas.resolve_escalation.parse(asRecord(at.call.input));
      if (action === "amend") return turnBack(at, "amend is not supported yet: choose retry, reassign or block.");
      if (action === "reassign" && !crew.agents.has(agent ?? ""))
        return turnBack(at, `reassign needs one of the plan's agents; '${agent ?? ""}' is none.`);
      return await simpleVerdict("resolve_escalation")(at);
    },
  });
  if (end.kind === "exhausted") return undefined;
  const { action, reason, agent } = toolInputSchemas.resolve_escalation.parse(asRecord(end.call.input));
  return { action, reason, agent };
}

/** A person approves another try or rejects the task; until then it is parked. */
function askPerson(crew: Crew, trouble: Trouble, id: string): Remedy {
  const { task } = trouble;
  const hash = hashOf({ escalation: id, task: task.id, plan: crew.planHash });
  const asked = requestApproval(crew, {
    kind: "escalation",
    task: task.id,
    hash,
    message: `${task.id} cannot go on: ${trouble.reason}. Approve for another try, or reject to give it up.`,
    require: ["human"],
    exclude: [],
  });
  crew.store.append(asked.events);
  const answer = answerOf(crew, hash, 1);
  if (answer === "pending") throw new TaskPark(asked.id, `${task.id} waits for a person: worknode approve ${asked.id}`);
  if (answer === "rejected") {
    resolve(crew, trouble, { id, action: "block", by: "person", reason: "a person gave the task up" });
    throw new TaskPark("", "a person gave the task up");
  }
  const reason = crew.store.queries.approval(asked.id)?.resolutions.at(-1)?.reason ?? "";
  resolve(crew, trouble, { id, action: "retry", by: "person", reason });
  return { action: "retry", reason };
}
