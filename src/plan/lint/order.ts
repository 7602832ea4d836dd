import { MAX_PLAN_TASKS } from "../../kernel/bounds.js";
import { type DataPath, error, type Finding } from "../plan-fault.js";
import type { LintRule } from "./subject.js";

interface Node {
  id: string;
  needs: readonly string[];
  path: DataPath;
}

/** The names on a way from `start` back to itself; undefined when there is none. */
function cycleThrough(nodes: ReadonlyMap<string, Node>, start: string): string[] | undefined {
  const from = new Map<string, string>();
  const waiting = [start];
  while (waiting.length > 0) {
    const id = waiting.shift() ?? start;
    for (const need of nodes.get(id)?.needs ?? []) {
      if (need === start) return walkBack(from, start, id);
      if (from.has(need)) continue;
      from.set(need, id);
      waiting.push(need);
    }
  }
  return undefined;
}

function walkBack(from: ReadonlyMap<string, string>, start: string, last: string): string[] {
  const way = [start];
  let at: string | undefined = last;
  while (at !== undefined && at !== start) {
    way.unshift(at);
    at = from.get(at);
  }
  return [start, ...way];
}

/** One finding per cycle, at the needs of its first member. */
function cycles(what: string, list: readonly Node[]): Finding[] {
  const nodes = new Map(list.map((node) => [node.id, node]));
  const told = new Set<string>();
  return list.flatMap((node) => {
    if (told.has(node.id)) return [];
    const cycle = cycleThrough(nodes, node.id);
    if (cycle === undefined) return [];
    for (const id of cycle) told.add(id);
    return [error([...node.path, "needs"], "dependency-cycle", `${what} need each other: ${cycle.join(" → ")}`)];
  });
}

/** Tasks or phases that wait for themselves. */
export const findCycles: LintRule = ({ plan, tasks }) => [
  ...cycles(
    "phases",
    plan.phases.map((phase, index) => ({ id: phase.id, needs: phase.needs, path: ["phases", index] })),
  ),
  ...cycles(
    "tasks",
    tasks.map(({ task, path }) => ({ id: task.id, needs: task.needs, path })),
  ),
];

/** A task that needs one of a phase which itself waits for the task's phase. */
export const findLaterPhaseNeeds: LintRule = ({ tasks, taskById, order }) =>
  tasks.flatMap(({ task, phase, path }) =>
    task.needs.flatMap((id, index) => {
      const other = taskById.get(id)?.phase.id;
      if (other === undefined || other === phase.id || !order.phasesBefore(other).has(phase.id)) return [];
      const message = `task '${task.id}' of phase '${phase.id}' needs '${id}' of the later phase '${other}'`;
      return [error([...path, "needs", index], "later-phase", message)];
    }),
  );

/** Phases of the template `peer`, each after the one before (S4:6). */
const PEER_PHASES = ["plan", "execute", "express", "review"] as const;

/** A plan that follows the template has exactly its phases, in its order: it is never only a label. */
export const findTemplateFaults: LintRule = ({ plan }) => {
  if (plan.template === undefined) return [];
  const wanted = `the template peer has the phases ${PEER_PHASES.join(", ")}, each after the one before`;
  const wrong = plan.phases.findIndex(({ id }, index) => id !== PEER_PHASES[index]);
  if (wrong >= 0) return [error(["phases", wrong, "id"], "template-phases", wanted)];
  if (plan.phases.length < PEER_PHASES.length) return [error(["template"], "template-phases", wanted)];
  return plan.phases.flatMap(({ needs }, index) =>
    index === 0 || needs.includes(PEER_PHASES[index - 1] ?? "")
      ? []
      : [error(["phases", index, "needs"], "template-phases", wanted)],
  );
};

/** A second verdict is given by the validation tier on tasks that are finished by then. */
export const findDecisions: LintRule = ({ plan, tasks, taskById, order, tiers }) =>
  tasks.flatMap(({ task, path }) => {
    const tier = tiers.get(task.owner);
    const wrongTier =
      task.decides.length > 0 && tier !== undefined && tier !== "validation"
        ? [
            error(
              [...path, "decides"],
              "decides-not-validation",
              `only the validation tier decides; '${task.owner}' is ${tier}`,
            ),
          ]
        : [];
    const early = task.decides.flatMap((id, index) => {
      if (!taskById.has(id) || order.tasksBefore(task.id).has(id)) return [];
      const message = `'${id}' is not sure to be done when '${task.id}' decides on it; add it to needs`;
      return [error([...path, "decides", index], "decides-not-before", message)];
    });
    const own = task.decides.flatMap((id, index) => {
      if (taskById.get(id)?.task.owner !== task.owner || !plan.approval.reviewers.preventSelfReview) return [];
      const message = `'${task.owner}' does '${id}' itself, and preventSelfReview lets nobody judge their own work`;
      return [error([...path, "decides", index], "unsatisfiable-review", message)];
    });
    return [...wrongTier, ...early, ...own];
  });

/** More tasks than a plan may hold. */
export const findTooManyTasks: LintRule = ({ tasks }) =>
  tasks.length > MAX_PLAN_TASKS
    ? [error(["phases"], "too-many-tasks", `${tasks.length} tasks; a plan may hold ${MAX_PLAN_TASKS}`)]
    : [];
