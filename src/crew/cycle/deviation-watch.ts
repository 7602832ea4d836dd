import { readJournals } from "../../effect/keep/journal.js";
import { keptPaths } from "../../effect/workspace/kept-paths.js";
import { compareTrees, treeHash } from "../../effect/workspace/tree.js";
import { Fault } from "../../kernel/fault.js";
import { parseStamp } from "../../kernel/hlc.js";
import {
  type AlertState,
  type Deviation,
  type DeviationFacts,
  nextAlert,
  planDeviation,
  plannedFinish,
  type TaskProgress,
  weightOf,
} from "../../plan/deviation.js";
import type { AnyEvent, EventType } from "../../schema/event.js";
import type { Crew } from "../state/context.js";
import { cycleStream, eventAt } from "../state/records.js";

/** Events on which the plan is compared with what became of it (S3:36-38, DESIGN §5). */
const OCCASIONS: ReadonlySet<EventType> = new Set([
  "TASK_STARTED",
  "TASK_STATUS",
  "TASK_REJECTED",
  "VERIFIED",
  "EVENT_TASK_COMPLETED",
  "REVIEW_DUE",
]);
/** What is folded besides, so that a comparison reads nothing. */
const FOLDED: readonly EventType[] = ["PROPOSAL", "SECURITY_VIOLATION", "MODEL_RESPONSE", "DEADLINE_SET", "DEVIATION"];
/** Tools that change files. */
const MUTATING: ReadonlySet<string> = new Set(["Write", "Edit", "Bash"]);
/** Mutating calls that adherence looks back at. */
const ADHERENCE_CALLS = 50;

/** What became of a cycle, as far as deviation asks: a fold over its events. */
interface Progress {
  readonly started: Set<string>;
  /** Tasks whose `verify` passed last time. */
  readonly verified: Set<string>;
  readonly spentUsd: Map<string, number>;
  /** Deadlines set for tasks while the plan runs (epoch ms). */
  readonly deadlines: Map<string, number>;
  /** The last mutating calls, oldest first, and those calls that were denied as violations of the plan. */
  readonly calls: string[];
  readonly denied: Set<string>;
  /** Files the plan names that changed in a task's worktree by no recorded call, as last looked at. */
  readonly foreign: Map<string, readonly string[]>;
  alert: AlertState;
}

/** Watches a running cycle; `end` waits for the comparison under way. */
export interface DeviationWatch {
  end(): Promise<void>;
}

/** Computes the plan's deviation on every task event and hourly review, and alerts the executive when it is told to. */
export function watchDeviation(crew: Crew): DeviationWatch {
  const progress = recallProgress(crew);
  const planned = plannedFinish(crew.plan, startOf(crew));
  const lookAt = new Set<string>();
  let due = false;
  let working: Promise<void> = Promise.resolve();
  const compare = async (): Promise<void> => {
    due = false;
    for (const task of lookAt) progress.foreign.set(task, await foreignFiles(crew, task));
    lookAt.clear();
    const deviation = planDeviation(factsOf(crew, progress, planned));
    const next = nextAlert(progress.alert, deviation.value, crew.limits.executive.planDeviationAlert);
    if (next.tell || next.alerting !== progress.alert.alerting) recordDeviation(crew, deviation, next.tell);
    progress.alert = next;
  };
  const unsubscribe = crew.store.subscribe((events) => {
    const mine = events.filter((event) => event.run === crew.cycle);
    for (const event of mine) if (event.type !== "DEVIATION") foldProgress(progress, event);
    for (const task of mine.flatMap((event) => tasksToLookAt(crew, event))) lookAt.add(task);
    if (due || !mine.some(({ type }) => OCCASIONS.has(type))) return;
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

/** Looking for foreign changes runs git: at a task's verification, and at the hourly review of all that are open. */
function tasksToLookAt(crew: Crew, event: AnyEvent): string[] {
  if (event.type === "REVIEW_DUE") return [...crew.workspaces.keys()].filter((task) => task !== "-");
  return event.type === "VERIFIED" && event.task !== null ? [event.task] : [];
}

function startOf(crew: Crew): number {
  const started = crew.store.events({ stream: cycleStream(crew.cycle), type: "CYCLE_STARTED", limit: 1 })[0];
  return parseStamp(started?.hlc ?? "")?.wallMs ?? crew.clock.nowMs();
}

/** What earlier sessions left; the recorded values of D fold to the alert as it stood. */
function recallProgress(crew: Crew): Progress {
  const progress: Progress = {
    started: new Set(),
    verified: new Set(),
    spentUsd: new Map(),
    deadlines: new Map(),
    calls: [],
    denied: new Set(),
    foreign: new Map(),
    alert: { alerting: false, toldAt: 0 },
  };
  for (const event of crew.store.events({ run: crew.cycle, type: [...OCCASIONS, ...FOLDED] })) {
    foldProgress(progress, event);
    if (event.type === "DEVIATION")
      progress.alert = nextAlert(progress.alert, event.payload.value, crew.limits.executive.planDeviationAlert);
  }
  return progress;
}

function foldProgress(progress: Progress, event: AnyEvent): void {
  const { task } = event;
  if (task !== null) foldTask(progress, event, task);
  if (event.type === "PROPOSAL" && MUTATING.has(event.payload.what.tool)) {
    progress.calls.push(event.payload.call_id);
    progress.calls.splice(0, progress.calls.length - ADHERENCE_CALLS);
  }
  if (event.type === "SECURITY_VIOLATION" && event.payload.code === "ERROR_PLAN_VIOLATION")
    progress.denied.add(event.payload.call_id);
}

function foldTask({ started, verified, spentUsd, deadlines }: Progress, event: AnyEvent, task: string): void {
  switch (event.type) {
    case "TASK_STARTED":
      started.add(task);
      return;
    case "VERIFIED":
      if (event.payload.pass) verified.add(task);
      else verified.delete(task);
      return;
    case "MODEL_RESPONSE":
      spentUsd.set(task, (spentUsd.get(task) ?? 0) + (event.payload.usd ?? 0));
      return;
    case "DEADLINE_SET":
      deadlines.set(task, event.payload.deadline);
      return;
    default:
  }
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
  const key = `deviation:${crew.cycle}:${value}`;
  const notice = eventAt(place, "ALERT", { severity: "warning", message, to: "executive", key });
  crew.store.append(tell ? [measured, notice] : [measured]);
}

function factsOf(crew: Crew, progress: Progress, planned: ReadonlyMap<string, number | null>): DeviationFacts {
  const tasks = [...crew.tasks.values()].map(
    ({ task }): TaskProgress => ({
      id: task.id,
      weight: weightOf(task),
      plannedFinishMs: progress.deadlines.get(task.id) ?? planned.get(task.id) ?? null,
      earned: earnedBy(crew.statuses.get(task.id) ?? "PENDING", progress.verified.has(task.id)),
      started: progress.started.has(task.id),
      spentUsd: progress.spentUsd.get(task.id) ?? 0,
    }),
  );
  const named = new Set([...crew.tasks.values()].flatMap(({ task }) => task.files.write));
  const foreign = new Set([...progress.foreign.values()].flat());
  return {
    nowMs: crew.clock.nowMs(),
    tasks,
    budgetUsd: crew.plan.budget.usd,
    scope: { changed: 0, union: tasks.reduce((sum, { weight }) => sum + weight, 0) },
    adherence: {
      calls: progress.calls.length,
      denied: progress.calls.filter((call) => progress.denied.has(call)).length,
    },
    files: { named: named.size, foreign: [...foreign].filter((path) => named.has(path)).length },
  };
}

/** 1 when the critic accepted it, 0.5 when its `verify` passed (notes: plan deviation). A skipped task owes nothing. */
function earnedBy(status: string, verified: boolean): number {
  if (status === "DONE" || status === "SKIPPED" || status === "VERIFIED") return 1;
  return verified ? 0.5 : 0;
}

/**
 * Changed paths of a task's worktree that no call kept. The journals are read after the changes and before the list
 * of kept paths: a call under way is in one of them. A worktree that is being replaced by a merge meanwhile, or
 * is gone, tells nothing.
 */
async function foreignFiles(crew: Crew, task: string): Promise<string[]> {
  const workspace = crew.workspaces.get(task);
  if (workspace === undefined || crew.statuses.get(task) === "DONE") return [];
  try {
    const changed = await compareTrees(workspace.git, workspace.baseCommit, await treeHash(workspace));
    const keeping = [...readJournals(workspace).values()].flatMap(({ changes }) => changes.map(({ path }) => path));
    const recorded = new Set([...keeping, ...keptPaths(workspace)]);
    return changed.map(({ path }) => path).filter((path) => !recorded.has(path));
  } catch (thrown) {
    const gone = (thrown as NodeJS.ErrnoException).code === "ENOENT";
    if (gone || (thrown instanceof Fault && thrown.code === "GIT_FAILED")) return [];
    throw thrown;
  }
}
