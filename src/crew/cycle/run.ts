import PQueue from "p-queue";
import { mayOverlap } from "../../capability/write-set.js";
import { evaluateCondition } from "../../plan/expression.js";
import type { PlanPhase } from "../../schema/plan.js";
import type { PlanTask } from "../../schema/plan-task.js";
import type { CycleStatus, TaskStatus } from "../../schema/states.js";
import { runCheck } from "../call/verify.js";
import { headWorkspace } from "../call/workspaces.js";
import { reviewPlan } from "../conversation/plan-review.js";
import type { Crew } from "../state/context.js";
import { expressionContext, phaseState } from "../state/expressions.js";
import { takeNews, watchAnswers } from "../state/parking.js";
import { cycleStream, eventAt } from "../state/records.js";
import { RunStop } from "../state/stop.js";
import { setStatusNow } from "../state/task-status.js";
import { runTask } from "../task/task-run.js";
import { watchDeviation } from "./deviation-watch.js";

/** How a session on a cycle ended. */
export interface CycleEnd {
  readonly exitCode: number;
  readonly reason: string;
  /** Undefined while the cycle can be continued. */
  readonly status: CycleStatus | undefined;
}

const OVER: ReadonlySet<TaskStatus> = new Set(["DONE", "SKIPPED"]);
const STUCK: ReadonlySet<TaskStatus> = new Set(["BLOCKED", "REJECTED", "CANCELLED"]);
/** Cycle states of the template's phases (S4:200). */
const PEER: Readonly<Record<string, CycleStatus>> = {
  plan: "planning",
  execute: "executing",
  express: "expressing",
  review: "reviewing",
};

/**
 * Runs a cycle as far as it goes: the executive's review, then tasks as they become ready, as many at
 * once as the plan allows and never two that may write the same file. A blocked task stops only what
 * needs it.
 */
export async function runCycle(crew: Crew): Promise<CycleEnd> {
  const review = await reviewPlan(crew);
  if (!review.accepted)
    return { exitCode: 4, reason: `the executive refused the plan: ${review.feedback}`, status: "failed" };
  const ended = new AbortController();
  const deviation = watchDeviation(crew);
  try {
    remindReviews(crew, ended.signal);
    return await runTasks(crew);
  } finally {
    ended.abort();
    await deviation.end();
  }
}

/** One review event each `reviewEvery` while the cycle runs (S3:36). The sleep is the only timer, and ends with the cycle. */
function remindReviews(crew: Crew, signal: AbortSignal): void {
  const place = { stream: cycleStream(crew.cycle), actor: "worknode", run: crew.cycle, task: null };
  crew.clock.sleep(crew.limits.executive.reviewEvery, signal).then(
    () => {
      if (signal.aborted) return;
      crew.store.append([eventAt(place, "REVIEW_DUE", { cycle: crew.cycle, plan_id: crew.plan.id })]);
      remindReviews(crew, signal);
    },
    () => undefined,
  );
}

/** Tasks under way, and what made some of them stop the session. */
interface Running {
  readonly queue: PQueue;
  readonly tasks: Map<string, Promise<void>>;
  readonly faults: unknown[];
}

async function runTasks(crew: Crew): Promise<CycleEnd> {
  const running: Running = {
    queue: new PQueue({ concurrency: crew.plan.budget.maxAgents }),
    tasks: new Map(),
    faults: [],
  };
  let stop: string | undefined;
  const answers = watchAnswers(crew.store);
  try {
    do {
      if (stop === undefined && running.faults.length === 0) stop = await startWork(crew, running);
      if (running.tasks.size > 0) await Promise.race([answers.next(), ...running.tasks.values()]);
    } while (running.tasks.size > 0 || canStart(crew, running, stop));
  } finally {
    answers.end();
  }
  if (running.faults.length > 0) throw worst(running.faults);
  return stop === undefined ? endOf(crew) : { exitCode: 4, reason: stop, status: "failed" };
}

/** Starts whatever can start now; answers why the cycle must stop. */
async function startWork(crew: Crew, running: Running): Promise<string | undefined> {
  reviveAnswered(crew);
  const stop = await startPhases(crew);
  if (stop === undefined) startTasks(crew, running);
  return stop;
}

/** Whether the last task to end made another one ready. */
function canStart(crew: Crew, running: Running, stop: string | undefined): boolean {
  if (running.faults.length > 0 || stop !== undefined) return false;
  const opens = crew.plan.phases.some(
    ({ id, needs }) => !crew.activePhases.has(id) && needs.every((need) => phaseState(crew, need) === "DONE"),
  );
  return opens || readyTasks(crew, new Set()).length > 0;
}

function startTasks(crew: Crew, running: Running): void {
  for (const id of readyTasks(crew, new Set(running.tasks.keys()))) {
    if (crew.statuses.get(id) !== "VERIFIED") crew.statuses.set(id, "READY");
    const work = running.queue.add(() => runTask(crew, id));
    const done = work.then(
      () => void running.tasks.delete(id),
      (thrown: unknown) => {
        running.tasks.delete(id);
        running.faults.push(thrown);
      },
    );
    running.tasks.set(id, done);
  }
}

/** An internal fault outweighs a stop; among stops the order of DESIGN §13 decides. */
function worst(faults: readonly unknown[]): unknown {
  const other = faults.find((fault) => !(fault instanceof RunStop));
  if (other !== undefined) return other;
  const order = [130, 1, 2, 5, 6, 3, 4];
  return [...(faults as RunStop[])].sort(
    (left, right) => order.indexOf(left.exitCode) - order.indexOf(right.exitCode),
  )[0];
}

/** Tasks parked for a person go on once the person has answered. */
function reviveAnswered(crew: Crew): void {
  for (const [id, status] of crew.statuses) {
    if (status === "BLOCKED" && takeNews(crew, id)) crew.statuses.set(id, "PENDING");
  }
}

/** Starts phases whose needs are done; answers why the cycle must stop when a checkpoint fails. */
async function startPhases(crew: Crew): Promise<string | undefined> {
  for (const phase of crew.plan.phases) {
    if (crew.activePhases.has(phase.id) || !phase.needs.every((need) => phaseState(crew, need) === "DONE")) continue;
    const fault = (await checkpointFault(crew, phase, "before")) ?? (await needsAfter(crew, phase));
    if (fault !== undefined) return fault;
    const place = { stream: cycleStream(crew.cycle), actor: "worknode", run: crew.cycle, task: null };
    crew.activePhases.add(phase.id);
    crew.store.append([
      eventAt(place, "PHASE_STARTED", { cycle: crew.cycle, phase: phase.id }),
      eventAt(place, "CYCLE_STATUS", { cycle: crew.cycle, status: PEER[phase.id] ?? "executing" }),
    ]);
  }
  return undefined;
}

async function needsAfter(crew: Crew, phase: PlanPhase): Promise<string | undefined> {
  for (const need of crew.plan.phases.filter(({ id }) => phase.needs.includes(id))) {
    const fault = await checkpointFault(crew, need, "after");
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Runs a phase's checkpoints of one side; the first that fails gives its `error` and `provide` as the reason. */
async function checkpointFault(crew: Crew, phase: PlanPhase, when: "before" | "after"): Promise<string | undefined> {
  for (const checkpoint of phase.checkpoints.filter((candidate) => candidate.when === when)) {
    const tries = checkpoint.onFail.then === "retry" ? checkpoint.onFail.max + 1 : 1;
    let fault: string | undefined;
    for (let attempt = 0; attempt < tries; attempt += 1) {
      fault = await checkFault(crew, phase, checkpoint);
      if (fault === undefined) break;
    }
    if (fault === undefined || checkpoint.onFail.then === "continue") continue;
    const { error, provide } = checkpoint.onFail;
    return provide === undefined ? error : `${error}. ${provide}`;
  }
  return undefined;
}

async function checkFault(
  crew: Crew,
  phase: PlanPhase,
  checkpoint: PlanPhase["checkpoints"][number],
): Promise<string | undefined> {
  const workspace = await headWorkspace(crew);
  const context = expressionContext(crew, workspace);
  const place = { stream: cycleStream(crew.cycle), actor: "worknode", run: crew.cycle, task: null };
  for (const expression of checkpoint.verify) {
    const result = evaluateCondition(expression, context);
    const pass = result.ok && result.value;
    const error = result.ok ? {} : { error: result.error };
    crew.store.append([eventAt(place, "CHECKPOINT", { phase: phase.id, expression, pass, ...error })]);
    if (!pass) return `${expression} is not true`;
  }
  return await runCheck(crew, { task: null, workspace }, checkpoint);
}

/** Tasks that can start now. A task that needs a skipped one is skipped, unless its own `if` decides (documented in docs/plans.md). */
function readyTasks(crew: Crew, running: ReadonlySet<string>): string[] {
  const ready: string[] = [];
  const active = crew.plan.phases.filter(({ id }) => crew.activePhases.has(id));
  for (const task of active.flatMap((phase) => phase.tasks)) {
    if (running.has(task.id) || !isWaiting(crew, task)) continue;
    const isFree = running.size + ready.length < crew.plan.budget.maxAgents;
    if (isFree && [...running, ...ready].every((other) => isApart(crew, other, task))) ready.push(task.id);
  }
  return ready;
}

/** Whether a task has yet to run and what it needs is over; one whose needs were skipped is skipped here. */
function isWaiting(crew: Crew, task: PlanTask): boolean {
  const statusOf = (id: string): TaskStatus => crew.statuses.get(id) ?? "PENDING";
  const status = statusOf(task.id);
  if (OVER.has(status) || STUCK.has(status)) return false;
  const needs = task.needs.map(statusOf);
  if (!needs.every((need) => OVER.has(need))) return false;
  if (!needs.includes("SKIPPED") || task.if !== undefined) return true;
  setStatusNow(crew, task.id, "SKIPPED", { reason: "a task it needs was skipped" });
  return false;
}

/** Whether two tasks can never write the same file. */
function isApart(crew: Crew, other: string, task: PlanTask): boolean {
  return !mayOverlap(crew.tasks.get(other)?.task.files.write ?? [], task.files.write);
}

/** What is left when nothing can move any more. */
function endOf(crew: Crew): CycleEnd {
  const of = (status: TaskStatus): string[] =>
    [...crew.statuses].filter(([, value]) => value === status).map(([id]) => id);
  const tasks = [...crew.tasks.keys()];
  if (tasks.every((id) => OVER.has(crew.statuses.get(id) ?? "PENDING")))
    return { exitCode: 0, reason: "done and verified", status: "done" };
  const [blocked, rejected] = [of("BLOCKED"), of("REJECTED")];
  if (blocked.length > 0) {
    tellStalled(crew, blocked);
    return {
      exitCode: 6,
      reason: `waiting for a person: ${blocked.join(", ")} (worknode approvals)`,
      status: undefined,
    };
  }
  return { exitCode: 4, reason: `not done: ${(rejected.length > 0 ? rejected : tasks).join(", ")}`, status: "failed" };
}

/** Told once for the same blocked tasks, however often somebody continues without having answered. */
function tellStalled(crew: Crew, blocked: string[]): void {
  const [last] = crew.store.events({ run: crew.cycle, type: "PLAN_STALLED", reverse: true, limit: 1 });
  if (last?.type === "PLAN_STALLED" && last.payload.blocked.join() === blocked.join()) return;
  const place = { stream: cycleStream(crew.cycle), actor: "worknode", run: crew.cycle, task: null };
  crew.store.append([eventAt(place, "PLAN_STALLED", { cycle: crew.cycle, blocked })]);
}
