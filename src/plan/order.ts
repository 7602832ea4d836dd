import type { Plan, PlanPhase } from "../schema/plan.js";
import type { PlanTask } from "../schema/plan-task.js";

/** What comes before what. Built once per plan; tolerates cycles and unknown names. */
export interface PlanOrder {
  /** Phases a phase needs, directly and through others, itself not included unless it is in a cycle. */
  phasesBefore(phase: string): ReadonlySet<string>;
  /** Tasks sure to be finished when `task` starts: its needs and theirs, and tasks of phases before. */
  tasksBefore(task: string): ReadonlySet<string>;
}

type Edges = ReadonlyMap<string, readonly string[]>;

/** All names reachable from `start` along `edges`; each name is visited once. */
export function reachable(edges: Edges, start: string): Set<string> {
  const found = new Set<string>();
  const waiting = [...(edges.get(start) ?? [])];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (next === undefined || found.has(next)) continue;
    found.add(next);
    waiting.push(...(edges.get(next) ?? []));
  }
  return found;
}

/** Every task of a plan with its phase, in plan order. */
export function tasksOf(plan: Plan): { task: PlanTask; phase: PlanPhase }[] {
  return plan.phases.flatMap((phase) => phase.tasks.map((task) => ({ task, phase })));
}

/** Keeps the result of a function of one name. */
function remember<T>(compute: (name: string) => T): (name: string) => T {
  const known = new Map<string, T>();
  return (name) => {
    const kept = known.get(name);
    if (kept !== undefined) return kept;
    const value = compute(name);
    known.set(name, value);
    return value;
  };
}

/** Computes the order of a plan's phases and tasks. */
export function createOrder(plan: Plan): PlanOrder {
  const entries = tasksOf(plan);
  const phaseEdges: Edges = new Map(plan.phases.map((phase) => [phase.id, phase.needs]));
  const taskEdges: Edges = new Map(entries.map(({ task }) => [task.id, task.needs]));
  const phaseOf = new Map(entries.map(({ task, phase }) => [task.id, phase.id]));
  const tasksIn = new Map(plan.phases.map((phase) => [phase.id, phase.tasks.map((task) => task.id)]));
  const phasesBefore = remember((phase) => reachable(phaseEdges, phase));
  const tasksBefore = remember((id) => {
    const before = reachable(taskEdges, id);
    const phases = new Set([id, ...before].flatMap((task) => [...phasesBefore(phaseOf.get(task) ?? "")]));
    for (const phase of phases) for (const task of tasksIn.get(phase) ?? []) before.add(task);
    return before;
  });
  return { phasesBefore, tasksBefore };
}
