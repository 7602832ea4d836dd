import { interpolate } from "../../plan/expression.js";
import { verifyCommands } from "../../plan/verify-commands.js";
import type { PlanAgentStep } from "../../schema/plan-step.js";
import type { PlanTask } from "../../schema/plan-task.js";
import { grantFor } from "../agent/grants.js";
import { asRecord } from "../conversation/chain.js";
import { converse, ENDED, HANDOVER } from "../conversation/converse.js";
import { escalate } from "../conversation/escalate.js";
import type { TaskBrief } from "../conversation/prompts.js";
import { workPrompt } from "../conversation/prompts.js";
import { recollect } from "../conversation/recollection.js";
import { type Crew, type CrewAgent, ownerOf } from "../state/context.js";
import { taskContext } from "../state/expressions.js";
import { TaskFailure, type TaskRun } from "../state/task-status.js";
import { textOf } from "../state/text.js";
import { judgeSubmission, type WorkContext } from "./submission.js";

/** Conversations one agent step may take: handovers, remedies, reassignments. */
const MAX_CONVERSATIONS = 20;

/** Has an agent do one step until its result is accepted; answers what it submitted. Throws TaskPark, RunStop. */
export async function work(
  crew: Crew,
  run: TaskRun,
  at: { step: PlanAgentStep; last: boolean },
): Promise<Record<string, unknown>> {
  for (let round = 0; round < MAX_CONVERSATIONS; round += 1) {
    if (run.state.open.size > 0) await escalate(crew, troubleOf(run, openReason(run)));
    const agent = workerFor(crew, run, at.step);
    const brief = briefOf(crew, run, { step: at.step, agent });
    const context: WorkContext = {
      task: run.task,
      brief,
      workspace: run.workspace,
      state: run.state,
      last: at.last,
      decides: at.step.record === "decision",
    };
    const { end } = await converse(crew, {
      kind: "work",
      task: run.task.id,
      agent,
      workspace: run.workspace,
      prompt: () => workPrompt({ ...brief, memory: recollect(crew, run) }, run.workspace.shownRoot),
      finish: judgeSubmission(crew, context),
    });
    if (end.kind === "finished" && end.finish.outcome === "ACCEPT") return asRecord(end.call.input);
    if (end.kind === "exhausted" && (end.reason === HANDOVER || end.reason === ENDED)) continue;
    await escalate(crew, { ...troubleOf(run, reasonOf(end)), from: agent.id, needs: needsOf(end) });
  }
  throw new TaskFailure(`no result after ${MAX_CONVERSATIONS} conversations`);
}

type End = Awaited<ReturnType<typeof converse>>["end"];

function reasonOf(end: End): string {
  if (end.kind === "exhausted") return end.reason;
  if (end.finish.outcome === "BLOCKED") return textOf(asRecord(end.call.input)["reason"]);
  return `rejected again: ${end.finish.output.feedback ?? ""}`;
}

function needsOf(end: End): string {
  return end.kind === "finished" ? textOf(asRecord(end.call.input)["needs"]) : "";
}

function openReason(run: TaskRun): string {
  return [...run.state.open.values()].at(-1)?.reason ?? "escalated";
}

function troubleOf(run: TaskRun, reason: string): Parameters<typeof escalate>[1] {
  return { task: run.task, state: run.state, from: "worknode", reason, needs: "" };
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
