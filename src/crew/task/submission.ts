import { describeDiff } from "../../effect/workspace/tree.js";
import type { TaskWorkspace } from "../../effect/workspace/workspace.js";
import { MAX_REWORKS } from "../../kernel/bounds.js";
import { knownFixes } from "../../memory/task-memory.js";
import type { PlanOutput, PlanTask } from "../../schema/plan-task.js";
import { asRecord, type Finish, placeOf, toolResult } from "../conversation/chain.js";
import { endEvents } from "../conversation/conversation-end.js";
import { ENDED, type FinishJudge } from "../conversation/converse.js";
import { askCritic } from "../conversation/critic.js";
import { turnBack } from "../conversation/finish.js";
import type { TaskBrief } from "../conversation/prompts.js";
import type { Crew } from "../state/context.js";
import { taskStream } from "../state/records.js";
import { rejectionEvents } from "../state/rejection.js";
import type { TaskState } from "../state/task-state.js";
import { canChange, type RuleReport, runRules } from "./rules.js";

/** Characters of a diff a critic is shown; the rest is there to Read. */
const MAX_DIFF_CHARS = 40_000;

/** What a work conversation is about. */
export interface WorkContext {
  readonly task: PlanTask;
  readonly brief: TaskBrief;
  readonly workspace: TaskWorkspace;
  readonly state: TaskState;
  /** Whether the plan's commands judge this submission: they do on the task's last agent step. */
  readonly last: boolean;
  /** Whether the step asks for a recorded decision (`record: decision`). */
  readonly decides: boolean;
}

/**
 * Judges `submit_result`: declared outputs, then the rules on exactly this tree, then the critic. Two
 * rejections go back to the worker; the third ends the conversation and the task is escalated.
 */
export function judgeSubmission(crew: Crew, work: WorkContext): FinishJudge {
  return async (at) => {
    if (at.call.name === "report_blocker") return blocked(at);
    const { summary, outputs } = asRecord(at.call.input) as { summary: string; outputs?: Record<string, unknown> };
    const missing = missingOutputs(work, outputs ?? {}) ?? missingDecision(crew, work);
    if (missing !== undefined) return turnBack(at, missing);
    const report = await runRules(crew, { ...work, execution: at.execution });
    if (!report.pass) return reject(crew, work, at, { by: "rules", feedback: report.feedback });
    return await judgeByCritic(crew, work, at, { summary, report });
  };
}

async function judgeByCritic(
  crew: Crew,
  work: WorkContext,
  at: Parameters<FinishJudge>[0],
  what: { summary: string; report: RuleReport },
): Promise<Finish> {
  const submission = await submissionOf(work, { ...what, author: at.conversation.agent });
  const verdict = await askCritic(crew, work.task.id, submission, submissionNumber(crew, work));
  if (verdict.decision === "REJECT") return reject(crew, work, at, verdict);
  if (!crew.agents.has(at.conversation.agent)) return turnBack(at, ENDED); // while it was judged
  return {
    agent_id: verdict.by,
    output: { decision: "ACCEPT" },
    outcome: "ACCEPT",
    events: endEvents(at.conversation, "ACCEPT"),
    over: true,
  };
}

function missingDecision(crew: Crew, { decides, task }: WorkContext): string | undefined {
  if (!decides || crew.store.queries.taskDecisions(crew.cycle, task.id, 1).length > 0) return undefined;
  return "This step asks for a recorded decision: call create_decision before you submit.";
}

async function submissionOf(
  work: WorkContext,
  what: { summary: string; report: RuleReport; author: string },
): Promise<Parameters<typeof askCritic>[2]> {
  return {
    brief: work.brief,
    workspace: work.workspace,
    summary: what.summary,
    diff: canChange(work.task) ? await describeDiff(work.workspace, MAX_DIFF_CHARS, what.report.tree) : "",
    commands: what.report.commands,
    coverage: what.report.coverage,
    waivers: what.report.waivers,
    author: what.author,
  };
}

function submissionNumber(crew: Crew, work: WorkContext): number {
  return (
    crew.store.events({ stream: taskStream(crew.cycle, work.task.id), type: ["TASK_REJECTED", "STEP_ENDED"] }).length +
    1
  );
}

/** Outputs a task declares must be there when its last agent step is handed in. */
function missingOutputs(work: WorkContext, outputs: Record<string, unknown>): string | undefined {
  if (!work.last) return undefined;
  for (const [name, spec] of Object.entries(work.task.outputs)) {
    const fault = outputs[name] === undefined ? absent(work, name, spec) : misfit(name, spec, outputs[name]);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function absent(work: WorkContext, name: string, spec: PlanOutput): string | undefined {
  if (spec.optional || producedByStep(work, name)) return undefined;
  return `submit_result lacks the output '${name}' the task declares.`;
}

/** Types that `typeof` tells apart; others are as free as JSON. */
const PLAIN: ReadonlySet<string> = new Set(["string", "number", "boolean"]);

function misfit(name: string, spec: PlanOutput, value: unknown): string | undefined {
  if (PLAIN.has(spec.type) && spec.type !== typeof value)
    return `output '${name}' must be a ${spec.type}, not a ${typeof value}.`;
  if (spec.enum !== undefined && !spec.enum.includes(value as never))
    return `output '${name}' must be one of ${spec.enum.join(", ")}.`;
  return undefined;
}

function producedByStep(work: WorkContext, name: string): boolean {
  return [...work.state.steps.values()].some((step) => step.outputs[name] !== undefined);
}

function blocked(at: Parameters<FinishJudge>[0]): Finish {
  return {
    agent_id: "rules",
    output: { decision: "ACCEPT" },
    outcome: "BLOCKED",
    events: endEvents(at.conversation, "BLOCKED"),
    over: true,
  };
}

function reject(
  crew: Crew,
  work: WorkContext,
  at: Parameters<FinishJudge>[0],
  why: { by: string; feedback: string },
): Finish {
  const { task, state } = work;
  const attempt = state.rejections.length + 1;
  crew.rejected.add(task.id);
  state.rejections.push(why.feedback);
  const remedied = state.remedies.length > 0;
  const over = remedied || attempt > MAX_REWORKS;
  const place = {
    stream: taskStream(crew.cycle, task.id),
    actor: why.by,
    run: crew.cycle,
    task: task.id,
    execution: at.execution,
  };
  const rejected = rejectionEvents(
    place,
    { attempt, by: why.by, feedback: why.feedback },
    over ? "escalated" : "rework",
  );
  const fixes = knownFixes(crew.store, why.feedback).map(({ line }) => `\nKnown fix: ${line}`);
  const text = `REJECTED by ${why.by} (${attempt}): ${why.feedback}${fixes.join("")}`;
  const rest = over
    ? endEvents(at.conversation, "REJECT")
    : [toolResult(placeOf(at.conversation, at.execution), at.call.id, text)];
  return {
    agent_id: why.by,
    output: { decision: "REJECT", feedback: why.feedback },
    outcome: "REJECT",
    events: [...rejected, ...rest],
    over,
  };
}
