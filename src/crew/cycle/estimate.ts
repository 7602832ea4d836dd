import { parseStamp } from "../../kernel/hlc.js";
import type { Plan } from "../../schema/plan.js";
import type { PlanTask } from "../../schema/plan-task.js";
import type { TaskRow } from "../../store/cycle-rows.js";
import type { Store } from "../../store/store.js";

/** Cycles looked back at. */
const MAX_CYCLES = 50;

/** What a plan may take, from what earlier tasks of this repository took. */
export interface Estimate {
  readonly tasks: number;
  /** Finished tasks the medians are of; with none there is no guess. */
  readonly n: number;
  /** Median cost of a task times the tasks, in US dollars. */
  readonly usd: number | null;
  /** Median time along the longest chain of needs, no shorter than the agents' share of all, in milliseconds. */
  readonly ms: number | null;
  /** What the plan can cost at most: the budget that is refused to be passed. Null where it has none. */
  readonly worst_usd: number | null;
}

/** Estimates a plan by the medians of finished tasks. A median is no promise: `n` says how much it rests on. */
export function estimatePlan(store: Store, plan: Plan): Estimate {
  const done = finishedTasks(store);
  const tasks = plan.phases.flatMap((phase) => phase.tasks);
  const ms = median(done.map(({ ms }) => ms));
  const usd = median(done.map(({ usd }) => usd));
  const rounds = Math.max(longestChain(plan), Math.ceil(tasks.length / plan.budget.maxAgents));
  return {
    tasks: tasks.length,
    n: done.length,
    usd: usd === null ? null : usd * tasks.length,
    ms: ms === null ? null : ms * rounds,
    worst_usd: plan.budget.usd,
  };
}

function finishedTasks(store: Store): { ms: number; usd: number }[] {
  return store.queries.cycles(MAX_CYCLES).flatMap(({ number, opened_by }) => {
    if (opened_by === "tool") return [];
    const usage = store.queries.usage(number);
    const spent = (task: string): number =>
      usage.filter((row) => row.task === task).reduce((sum, row) => sum + row.spent_usd, 0);
    return store.queries
      .tasks(number)
      .filter(({ status }) => status === "DONE")
      .flatMap((task) => {
        const ms = durationOf(task);
        return ms === undefined ? [] : [{ ms, usd: spent(task.id) }];
      });
  });
}

function durationOf({ started_hlc, ended_hlc }: TaskRow): number | undefined {
  const started = started_hlc === null ? undefined : parseStamp(started_hlc)?.wallMs;
  const ended = ended_hlc === null ? undefined : parseStamp(ended_hlc)?.wallMs;
  return started === undefined || ended === undefined ? undefined : Math.max(0, ended - started);
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const high = sorted[middle];
  if (high === undefined) return null;
  return sorted.length % 2 === 1 ? high : (high + (sorted[middle - 1] ?? high)) / 2;
}

/** Tasks on the longest way through the plan: phases after each other, needs within them. */
function longestChain({ phases }: Plan): number {
  return phases.reduce((sum, { tasks }) => sum + Math.max(...depths(tasks).values()), 0);
}

/** For each task of a phase, how many of the phase stand before it and itself. Lint has refused cycles. */
function depths(tasks: readonly PlanTask[]): Map<string, number> {
  const known = new Map<string, number>();
  for (let round = 0; round < tasks.length && known.size < tasks.length; round += 1)
    for (const { id, needs } of tasks) {
      const inside = needs.filter((need) => tasks.some((task) => task.id === need));
      if (inside.every((need) => known.has(need)))
        known.set(id, 1 + Math.max(0, ...inside.map((need) => known.get(need) ?? 0)));
    }
  return known;
}
