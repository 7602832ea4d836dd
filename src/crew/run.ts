import PQueue from "p-queue";
import { evaluateCondition } from "../plan/expression.js";
import { mayOverlap } from "../capability/write-set.js";
import type { PlanPhase } from "../schema/plan.js";
import type { CycleStatus, TaskStatus } from "../schema/states.js";
import type { Crew } from "./context.js";
import { expressionContext, phaseState } from "./expressions.js";
import { reviewPlan } from "./plan-review.js";
import { cycleStream, eventAt } from "./records.js";
import { RunStop } from "./stop.js";
import { files, runTask, setStatus } from "./task-run.js";
import { runCheck } from "./verify.js";
import { headWorkspace } from "./workspaces.js";

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
const PEER: Readonly<Record<string, CycleStatus>> = { plan: "planning", execute: "executing", express: "expressing", review: "reviewing" };

/**
 * Runs a cycle as far as it goes: the executive's review, then tasks as they become ready, as many at
 * once as the plan allows and never two that may write the same file. A blocked task stops only what
 * needs it.
 */
export async function runCycle(crew: Crew): Promise<CycleEnd> {
  const review = await reviewPlan(crew);
  if (!review.accepted) return { exitCode: 4, reason: `the executive refused the plan: ${review.feedback}`, status: "failed" };
  const ended = new AbortController();
  try {
    remindReviews(crew, ended.signal);
    return await runTasks(crew);
  } finally {
    ended.abort();
  }
}

/** One review event each `reviewEvery` while the cycle runs (S3:36). The sleep is the only timer, and ends with the cycle. */
function remindReviews(crew: Crew, signal: AbortSignal): void {
  const place = { stream: cycleStream(crew.cycle), actor: "worknode", run: crew.cycle, task: null };
  crew.clock.sleep(crew.plan.limits.executive.reviewEvery, signal).then(
    () => {
      if (signal.aborted) return;
      crew.store.append([eventAt(place, "REVIEW_DUE", { cycle: crew.cycle, plan_id: crew.plan.id })]);
      remindReviews(crew, signal);
    },
    () => undefined,
  );
}

async function runTasks(crew: Crew): Promise<CycleEnd> {
  const queue = new PQueue({ concurrency: crew.plan.budget.maxAgents });
  const running = new Map<string, Promise<void>>();
  const faults: unknown[] = [];
  for (;;) {
    reviveAnswered(crew);
    const stop = faults.length > 0 ? undefined : await startPhases(crew);
    if (stop !== undefined && running.size === 0) return { exitCode: 4, reason: stop, status: "failed" };
    for (const id of faults.length > 0 || stop !== undefined ? [] : readyTasks(crew, [...running.keys()])) {
      crew.statuses.set(id, crew.statuses.get(id) === "VERIFIED" ? "VERIFIED" : "READY");
      const done = queue.add(() => runTask(crew, id)).then(
        () => void running.delete(id),
        (thrown: unknown) => {
          running.delete(id);
          faults.push(thrown);
        },
      );
      running.set(id, done);
    }
    if (running.size === 0) break;
    await Promise.race(running.values());
  }
  if (faults.length > 0) throw worst(faults);
  return endOf(crew);
}

/** An internal fault outweighs a stop; among stops the order of DESIGN §13 decides. */
function worst(faults: readonly unknown[]): unknown {
  const other = faults.find((fault) => !(fault instanceof RunStop));
  if (other !== undefined) return other;
  const order = [130, 1, 2, 5, 6, 3, 4];
  return [...(faults as RunStop[])].sort((left, right) => order.indexOf(left.exitCode) - order.indexOf(right.exitCode))[0];
}

/** Tasks parked for a person go on once the person has answered. */
function reviveAnswered(crew: Crew): void {
  for (const [id, status] of crew.statuses) {
    if (status !== "BLOCKED") continue;
    const pending = crew.store.queries.pendingApprovals(crew.cycle).some((approval) => approval.task === id && approval.expires_at > crew.clock.nowMs());
    if (!pending) crew.statuses.set(id, "PENDING");
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

async function checkFault(crew: Crew, phase: PlanPhase, checkpoint: PlanPhase["checkpoints"][number]): Promise<string | undefined> {
  const workspace = await headWorkspace(crew);
  const context = expressionContext(crew, await files(workspace, checkpoint.verify));
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
function readyTasks(crew: Crew, running: readonly string[]): string[] {
  const ready: string[] = [];
  for (const phase of crew.plan.phases.filter(({ id }) => crew.activePhases.has(id)))
    for (const task of phase.tasks) {
      const status = crew.statuses.get(task.id) ?? "PENDING";
      if (running.includes(task.id) || OVER.has(status) || STUCK.has(status)) continue;
      const needs = task.needs.map((need) => crew.statuses.get(need) ?? "PENDING");
      if (!needs.every((need) => OVER.has(need))) continue;
      if (needs.includes("SKIPPED") && task.if === undefined) {
        setStatus(crew, task.id, "SKIPPED", "a task it needs was skipped");
        continue;
      }
      const others = [...running, ...ready];
      const free = others.every((other) => !mayOverlap(crew.tasks.get(other)?.task.files.write ?? [], task.files.write));
      if (free && others.length < crew.plan.budget.maxAgents) ready.push(task.id);
    }
  return ready;
}

/** What is left when nothing can move any more. */
function endOf(crew: Crew): CycleEnd {
  const of = (status: TaskStatus): string[] => [...crew.statuses].filter(([, value]) => value === status).map(([id]) => id);
  const tasks = [...crew.tasks.keys()];
  if (tasks.every((id) => OVER.has(crew.statuses.get(id) ?? "PENDING"))) return { exitCode: 0, reason: "done and verified", status: "done" };
  const [blocked, rejected] = [of("BLOCKED"), of("REJECTED")];
  if (blocked.length > 0) {
    const place = { stream: cycleStream(crew.cycle), actor: "worknode", run: crew.cycle, task: null };
    crew.store.append([eventAt(place, "PLAN_STALLED", { cycle: crew.cycle, blocked })]);
    return { exitCode: 6, reason: `waiting for a person: ${blocked.join(", ")} (worknode approvals)`, status: undefined };
  }
  return { exitCode: 4, reason: `not done: ${(rejected.length > 0 ? rejected : tasks).join(", ")}`, status: "failed" };
}
