import { changedFiles } from "../effect/tree.js";
import { readJournals } from "../effect/journal.js";
import { keptPaths } from "../effect/kept-paths.js";
import type { TaskWorkspace } from "../effect/workspace.js";
import { Fault } from "../kernel/fault.js";
import { parseStamp } from "../kernel/hlc.js";
import {
  type AlertState,
  type Deviation,
  type DeviationFacts,
  nextAlert,
  planDeviation,
  plannedFinish,
  type TaskProgress,
  weightOf,
} from "../plan/deviation.js";
import type { AnyEvent, EventType } from "../schema/event.js";
import type { Crew } from "./context.js";
import { cycleStream, eventAt } from "./records.js";

/** Events on which the plan is compared with what became of it (S3:36-38, DESIGN §5). */
const OCCASIONS: ReadonlySet<EventType> = new Set([
  "TASK_STARTED",
  "TASK_STATUS",
  "TASK_REJECTED",
  "VERIFIED",
  "EVENT_TASK_COMPLETED",
  "REVIEW_DUE",
]);
/** Tools that change files. */
const MUTATING: ReadonlySet<string> = new Set(["Write", "Edit", "Bash"]);
/** Mutating calls that adherence looks back at, and events read to find them. */
const ADHERENCE_CALLS = 50;
const ADHERENCE_EVENTS = 500;

/** Watches a running cycle; `end` waits for the comparison under way. */
export interface DeviationWatch {
  end(): Promise<void>;
}

/** Computes the plan's deviation on every task event and hourly review, and alerts the executive when it is told to. */
export function watchDeviation(crew: Crew): DeviationWatch {
  let alert = recalledAlert(crew);
  let due = false;
  let working: Promise<void> = Promise.resolve();
  const compare = async (): Promise<void> => {
    due = false;
    const deviation = planDeviation(await gatherDeviation(crew));
    const next = nextAlert(alert, deviation.value, crew.limits.executive.planDeviationAlert);
    if (next.tell || next.alerting !== alert.alerting) recordDeviation(crew, deviation, next.tell);
    alert = next;
  };
  const unsubscribe = crew.store.subscribe((events) => {
    if (due || !events.some((event) => event.run === crew.cycle && OCCASIONS.has(event.type))) return;
    due = true;
    working = working.then(compare);
    working.catch(() => undefined); // thrown to whoever waits in `end`
  });
  return {
    end: async () => {
      unsubscribe();
      await working;
    },
  };
}

/** The alert as earlier sessions left it: the recorded values fold to it. */
function recalledAlert(crew: Crew): AlertState {
  let state: AlertState = { alerting: false, toldAt: 0 };
  for (const event of crew.store.events({ run: crew.cycle, type: "DEVIATION" }))
    if (event.type === "DEVIATION")
      state = nextAlert(state, event.payload.value, crew.limits.executive.planDeviationAlert);
  return state;
}

function recordDeviation(crew: Crew, { value, components }: Deviation, tell: boolean): void {
  const place = { stream: cycleStream(crew.cycle), actor: "worknode", run: crew.cycle, task: null };
  const measured = eventAt(place, "DEVIATION", {
    cycle: crew.cycle,
    value,
    components: { ...components },
    alert: tell,
  });
  const parts = Object.entries(components).map(([name, part]) => `${name} ${part ?? "n/a"}`);
  const message = `plan deviation ${value} (${parts.join(", ")})`;
  const notice = eventAt(place, "ALERT", {
    severity: "warning",
    message,
    to: "executive",
    key: `deviation:${crew.cycle}:${value}`,
  });
  crew.store.append(tell ? [measured, notice] : [measured]);
}

/** The facts deviation is computed from, read from the log and the open worktrees. */
export async function gatherDeviation(crew: Crew): Promise<DeviationFacts> {
  return {
    nowMs: crew.clock.nowMs(),
    tasks: progressOf(crew),
    budgetUsd: crew.plan.budget.usd,
    scope: { changed: 0, union: [...crew.tasks.values()].reduce((sum, { task }) => sum + weightOf(task), 0) },
    adherence: adherenceOf(crew),
    files: await foreignFiles(crew),
  };
}

function progressOf(crew: Crew): TaskProgress[] {
  const started = crew.store.events({ stream: cycleStream(crew.cycle), type: "CYCLE_STARTED", limit: 1 })[0];
  const startMs = parseStamp(started?.hlc ?? "")?.wallMs ?? crew.clock.nowMs();
  const planned = plannedFinish(crew.plan, startMs);
  const rows = new Map(crew.store.queries.tasks(crew.cycle).map((row) => [row.id, row]));
  const spent = spentByTask(crew);
  return [...crew.tasks.values()].map(({ task }) => {
    const row = rows.get(task.id);
    return {
      id: task.id,
      weight: weightOf(task),
      plannedFinishMs: row?.deadline ?? planned.get(task.id) ?? null,
      earned: earnedBy(row?.status ?? "PENDING", passedRules(crew, task.id)),
      started: row !== undefined && row.agent !== null,
      spentUsd: spent.get(task.id) ?? 0,
    };
  });
}

/** 1 when the critic accepted it, 0.5 when its `verify` passed (notes: plan deviation). A skipped task owes nothing. */
function earnedBy(status: string, verified: boolean): number {
  if (status === "DONE" || status === "SKIPPED" || status === "VERIFIED") return 1;
  return verified ? 0.5 : 0;
}

function passedRules(crew: Crew, task: string): boolean {
  const last = crew.store.events({ run: crew.cycle, task, type: "VERIFIED", reverse: true, limit: 1 })[0];
  return last?.type === "VERIFIED" && last.payload.pass;
}

function spentByTask(crew: Crew): Map<string, number> {
  const spent = new Map<string, number>();
  for (const { task, spent_usd } of crew.store.queries.usage(crew.cycle))
    spent.set(task, (spent.get(task) ?? 0) + spent_usd);
  return spent;
}

/** Of the last calls that change files, those that were denied or discarded as violations of the plan. */
function adherenceOf(crew: Crew): DeviationFacts["adherence"] {
  const recent = { run: crew.cycle, reverse: true, limit: ADHERENCE_EVENTS } as const;
  const calls = crew.store
    .events({ ...recent, type: "PROPOSAL" })
    .flatMap((event) =>
      event.type === "PROPOSAL" && MUTATING.has(event.payload.what.tool) ? [event.payload.call_id] : [],
    )
    .slice(0, ADHERENCE_CALLS);
  const denied = new Set(crew.store.events({ ...recent, type: "SECURITY_VIOLATION" }).flatMap(violatedPlan));
  return { calls: calls.length, denied: calls.filter((call) => denied.has(call)).length };
}

function violatedPlan(event: AnyEvent): string[] {
  const violated = event.type === "SECURITY_VIOLATION" && event.payload.code === "ERROR_PLAN_VIOLATION";
  return violated ? [event.payload.call_id] : [];
}

/** Files the plan names one by one, and those that changed in a task's worktree by no recorded call. */
async function foreignFiles(crew: Crew): Promise<DeviationFacts["files"]> {
  const named = new Set([...crew.tasks.values()].flatMap(({ task }) => task.files.write));
  const foreign = new Set<string>();
  for (const [task, workspace] of crew.workspaces) {
    if (task === "-" || crew.statuses.get(task) === "DONE") continue;
    for (const path of await unrecorded(workspace)) foreign.add(path);
  }
  return { named: named.size, foreign: [...foreign].filter((path) => named.has(path)).length };
}

/**
 * Changed paths that no call kept. The journals are read after the changes and before the list of kept paths: a
 * call under way is in one of them. A worktree that is being replaced by a merge meanwhile tells nothing.
 */
async function unrecorded(workspace: TaskWorkspace): Promise<string[]> {
  try {
    const changed = await changedFiles(workspace);
    const keeping = [...readJournals(workspace).values()].flatMap(({ changes }) => changes.map(({ path }) => path));
    const recorded = new Set([...keeping, ...keptPaths(workspace)]);
    return changed.map(({ path }) => path).filter((path) => !recorded.has(path));
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === "GIT_FAILED") return [];
    throw thrown;
  }
}
