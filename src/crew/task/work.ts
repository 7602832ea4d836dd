import { interpolate } from "../../plan/expression.js";
import { verifyCommands } from "../../plan/verify-commands.js";
import type { AnyNewEvent } from "../../schema/event.js";
import type { PlanAgentStep } from "../../schema/plan-step.js";
import type { PlanTask } from "../../schema/plan-task.js";
import { holdFor } from "../agent/delegation.js";
import { grantFor } from "../agent/grants.js";
import { asRecord, type ChainEnd } from "../conversation/chain.js";
import { converse, ENDED, HANDOVER } from "../conversation/converse.js";
import { escalate, escalationOf, type Trouble } from "../conversation/escalate.js";
import type { TaskBrief } from "../conversation/prompts.js";
import { workPrompt } from "../conversation/prompts.js";
import { recollect } from "../conversation/recollection.js";
import { type Crew, type CrewAgent, ownerOf } from "../state/context.js";
import { renderDenials } from "../state/denial-text.js";
import { taskContext } from "../state/expressions.js";
import { eventAt } from "../state/records.js";
import { foldTaskEvent } from "../state/task-state.js";
import { TaskFailure, type TaskRun } from "../state/task-status.js";
import { textOf } from "../state/text.js";
import { type AgentStepAt, stepEnd, stepOutputs } from "./step-end.js";
import { judgeSubmission, type WorkContext } from "./submission.js";

/** Conversations one agent step may take: handovers, remedies, reassignments. */
const MAX_CONVERSATIONS = 20;

/** Has an agent do one step until its result is accepted, which ends the step. Throws TaskPark, RunStop. */
export async function work(crew: Crew, run: TaskRun, at: AgentStepAt): Promise<void> {
  for (let round = 0; round < MAX_CONVERSATIONS; round += 1) {
    const open = [...run.state.open.values()].at(-1);
    if (open !== undefined) await escalate(crew, troubleOf(run, open));
    const agent = workerFor(crew, run, at.step);
    const unable = whyUnable(crew, run, agent);
    if (unable !== undefined) {
      const events = escalationOf(crew, troubleOf(run, { from: agent.id, reason: unable }));
      for (const event of crew.store.append(events)) foldTaskEvent(run.state, event);
      continue;
    }
    const brief = briefOf(crew, run, { step: at.step, agent });
    const context: WorkContext = {
      task: run.task,
      brief,
      workspace: run.workspace,
      state: run.state,
      last: at.last,
      decides: at.step.record === "decision",
    };
    const recorded: AnyNewEvent[] = [];
    const { end } = await converse(crew, {
      kind: "work",
      task: run.task.id,
      agent,
      workspace: run.workspace,
      prompt: () => workPrompt({ ...brief, memory: recollect(crew, run) }, run.workspace.shownRoot),
      finish: judgeSubmission(crew, context),
      follows: (ended) => {
        recorded.push(...afterWork(crew, run, { ...at, agent: agent.id, end: ended }));
        return recorded;
      },
    });
    for (const event of recorded) foldTaskEvent(run.state, event);
    stopIfRejected(crew, run, recorded);
    if (isAccepted(end)) return;
  }
  throw new TaskFailure(`no result after ${MAX_CONVERSATIONS} conversations`);
}

/** Why an agent cannot be given what a task takes: what it came of has ended, or it was handed less than there is now. */
function whyUnable(crew: Crew, { task }: TaskRun, agent: CrewAgent): string | undefined {
  const held = holdFor(crew, agent, { task: task.id, kind: "work" });
  return held.ok ? undefined : `${agent.id} cannot do it: ${renderDenials([held.error])}`;
}

/** What a conversation's end comes to: the step's end, an escalation, or nothing where another conversation goes on. */
function afterWork(crew: Crew, run: TaskRun, at: AgentStepAt & { agent: string; end: ChainEnd }): AnyNewEvent[] {
  const { end, step } = at;
  if (isAccepted(end)) {
    const { summary, outputs: result } = asRecord(end.call.input);
    const outputs = stepOutputs(crew, run, { ...at, result: asRecord(result ?? {}) });
    if (!outputs.ok) return [eventAt(run.place, "TASK_STATUS", { status: "REJECTED", reason: outputs.error })];
    return stepEnd(run, { step: step.id, status: "done", outputs: outputs.value, summary: textOf(summary) });
  }
  if (end.kind === "exhausted" && (end.reason === HANDOVER || end.reason === ENDED)) return [];
  return escalationOf(crew, troubleOf(run, { from: at.agent, reason: reasonOf(end), needs: needsOf(end) }));
}

/** A step whose outputs have no value stops its task, as whoever needs them could not go on (S4:246). */
function stopIfRejected(crew: Crew, run: TaskRun, recorded: readonly AnyNewEvent[]): void {
  for (const event of recorded) {
    if (event.type !== "TASK_STATUS") continue;
    crew.statuses.set(run.task.id, event.payload.status);
    throw new TaskFailure(event.payload.reason ?? "rejected");
  }
}

function isAccepted(end: ChainEnd): end is Extract<ChainEnd, { kind: "finished" }> {
  return end.kind === "finished" && end.finish.outcome === "ACCEPT";
}

function reasonOf(end: ChainEnd): string {
  if (end.kind === "exhausted") return end.reason;
  if (end.finish.outcome === "BLOCKED") return textOf(asRecord(end.call.input)["reason"]);
  return `rejected again: ${end.finish.output.feedback ?? ""}`;
}

function needsOf(end: ChainEnd): string {
  return end.kind === "finished" ? textOf(asRecord(end.call.input)["needs"]) : "";
}

function troubleOf(
  { task, state }: TaskRun,
  what: { from: string; reason: string; needs?: string | undefined },
): Trouble {
  const { from, reason, needs = "" } = what;
  return { task, state, from, reason, needs };
}

/** The step's agent; the owner's steps follow the task to whoever it was given. */
function workerFor(crew: Crew, run: TaskRun, step: PlanAgentStep): CrewAgent {
  const name = step.agent === run.task.owner ? ownerOf(crew, run.task) : step.agent;
  const agent = crew.agents.get(name) ?? crew.agents.get(step.agent);
  if (agent === undefined) throw new TaskFailure(`there is no agent ${name}`);
  return agent;
}

function briefOf(crew: Crew, run: TaskRun, at: { step: PlanAgentStep; agent: CrewAgent }): TaskBrief {
  const { task } = run;
  const context = isPlain(run.task, at.step) ? {} : taskContext(crew, run);
  const request = interpolate(at.step.request, context);
  if (!request.ok) throw new TaskFailure(`step ${at.step.id}: ${request.error}`);
  const grant = grantFor(crew, at.agent, task.id, "work");
  return {
    id: task.id,
    title: task.title,
    phase: run.phase,
    request: String(request.value),
    write: grant.write,
    read: task.files.read,
    limits: grant.limits,
    verify: verifyCommands(task),
    with: context.with ?? {},
    outputs: Object.keys(task.outputs),
    memory: "",
  };
}

/** Whether neither the request nor what is passed on holds an expression. */
function isPlain({ with: passed }: PlanTask, { request }: PlanAgentStep): boolean {
  return Object.keys(passed).length === 0 && !request.includes("${{");
}
