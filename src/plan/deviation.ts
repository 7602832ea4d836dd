import { DEVIATION_ALERT, DEVIATION_CLEAR } from "../kernel/bounds.js";
import type { Plan } from "../schema/plan.js";
import type { PlanTask } from "../schema/plan-task.js";
import { createOrder, tasksOf } from "./order.js";

/** What is known of one task when deviation is computed (notes/coordination.md). */
export interface TaskProgress {
  id: string;
  /** Its estimate; tasks without one weigh 1. */
  weight: number;
  /** When it was to be finished, epoch ms; null: not planned in time. */
  plannedFinishMs: number | null;
  /** 0, 0.5 when its `verify` passed, 1 when the critic accepted it. */
  earned: number;
  started: boolean;
  /** Money spent on it. */
  spentUsd: number;
}

/** Facts deviation is computed from. */
export interface DeviationFacts {
  nowMs: number;
  tasks: readonly TaskProgress[];
  /** Money of the whole plan; null: cost deviation is n/a. It is shared out by weight. */
  budgetUsd: number | null;
  /** Weight of tasks added, removed or changed since the approved baseline, and of the union of both. */
  scope: { changed: number; union: number };
  /** Of the last mutating calls (at most 50): how many there were and were denied as plan violations. */
  adherence: { calls: number; denied: number };
  /** Files the plan names, and those of them that changed by no recorded call. */
  files: { named: number; foreign: number };
}

/** Components of the deviation: schedule, cost, scope, adherence, files; null means n/a. */
export interface DeviationComponents {
  schedule: number | null;
  cost: number | null;
  scope: number | null;
  adherence: number | null;
  files: number | null;
}

/** D and its components, rounded to 0.0001. Without any data D is 0. */
export interface Deviation {
  value: number;
  components: DeviationComponents;
}

/** Calls before which adherence says nothing. */
const MIN_CALLS = 10;
/** Least share of the plan's weight that lateness is measured against. */
const MIN_PLANNED_SHARE = 0.25;
/** Rise of D that is told again while the alert stands. */
const ALERT_RISE = 0.05;

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

function share(part: number, whole: number): number | null {
  return whole > 0 ? round(part / whole) : null;
}

function sum<T>(list: readonly T[], value: (item: T) => number): number {
  return list.reduce((total, item) => total + value(item), 0);
}

function scheduleDeviation({ nowMs, tasks }: DeviationFacts): number | null {
  if (tasks.every((task) => task.plannedFinishMs === null)) return null;
  const due = tasks.filter((task) => task.plannedFinishMs !== null && task.plannedFinishMs <= nowMs);
  const planned = sum(due, (task) => task.weight);
  const late = sum(due, (task) => task.weight * (1 - task.earned));
  return share(late, Math.max(planned, MIN_PLANNED_SHARE * sum(tasks, (task) => task.weight)));
}

function costDeviation({ tasks, budgetUsd }: DeviationFacts): number | null {
  const weight = sum(tasks, (task) => task.weight);
  const started = tasks.filter((task) => task.started);
  if (budgetUsd === null || weight === 0 || started.length === 0) return null;
  const budgetOf = (task: TaskProgress): number => (budgetUsd * task.weight) / weight;
  const over = sum(started, (task) => Math.max(0, task.spentUsd - budgetOf(task)));
  return share(over, sum(started, budgetOf));
}

/**
 * How far a cycle is from its plan (S3:37): the greatest of its components, because an average would
 * hide one large slip behind four zeros. Pure.
 */
export function planDeviation(facts: DeviationFacts): Deviation {
  const { scope, adherence, files } = facts;
  const components: DeviationComponents = {
    schedule: scheduleDeviation(facts),
    cost: costDeviation(facts),
    scope: share(scope.changed, scope.union),
    adherence: adherence.calls < MIN_CALLS ? null : share(adherence.denied, adherence.calls),
    files: share(files.foreign, files.named),
  };
  return { value: Math.max(0, ...Object.values(components).map((value) => value ?? 0)), components };
}

/** Whether an alert stands, and the value it was last told at. */
export interface AlertState {
  alerting: boolean;
  toldAt: number;
}

/**
 * The alert after a new value of D: raised at `threshold` (0.15 unless the plan says less), cleared below
 * 0.12 (or the threshold, when that is lower), told again when D has risen by 0.05 since it was told.
 */
export function nextAlert(
  before: AlertState,
  value: number,
  threshold = DEVIATION_ALERT,
): AlertState & { tell: boolean } {
  const clear = Math.min(DEVIATION_CLEAR, threshold);
  if (before.alerting && value < clear) return { alerting: false, toldAt: 0, tell: false };
  const again = before.alerting && value >= round(before.toldAt + ALERT_RISE);
  const first = !before.alerting && value >= threshold;
  return first || again ? { alerting: true, toldAt: value, tell: true } : { ...before, tell: false };
}

/** A task's weight in the plan's progress. */
export function weightOf(task: PlanTask): number {
  return task.estimate ?? 1;
}

/**
 * When each task is to be finished, epoch ms: its own deadline, else a forward pass over needs and phases
 * with estimates as durations, scaled so that the last task ends at the plan's deadline; null without both.
 */
export function plannedFinish(plan: Plan, startMs: number): Map<string, number | null> {
  const order = createOrder(plan);
  const entries = tasksOf(plan).map(({ task }) => task);
  const ends = new Map<string, number>();
  const sorted = [...entries].sort((a, b) => order.tasksBefore(a.id).size - order.tasksBefore(b.id).size);
  for (const task of sorted) {
    const start = Math.max(0, ...[...order.tasksBefore(task.id)].map((id) => ends.get(id) ?? 0));
    ends.set(task.id, start + weightOf(task));
  }
  const length = Math.max(0, ...ends.values());
  const scale = plan.deadline === null || length === 0 ? null : (plan.deadline - startMs) / length;
  const planned = ({ id }: PlanTask): number | null => (scale === null ? null : startMs + (ends.get(id) ?? 0) * scale);
  return new Map(entries.map((task) => [task.id, task.deadline ?? planned(task)]));
}
