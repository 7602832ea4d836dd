import { userInfo } from "node:os";
import { selectMode } from "../../dispatch/mode.js";
import { resolveCommit } from "../../effect/workspace/branch.js";
import type { PreparedFolders } from "../../effect/workspace/surroundings.js";
import { Fault, invalid } from "../../kernel/fault.js";
import type { AnyEvent } from "../../schema/event.js";
import type { DispatchResult, RolloutMode } from "../../schema/result.js";
import type { RunSummary } from "../../schema/run-report.js";
import type { Runtime } from "../../schema/runtime.js";
import { holderOf, isHolderAlive } from "../../store/lease.js";
import { DRAFTING } from "../../store/sql/read-latest-incomplete-cycle.js";
import { prepareDependencies } from "../call/prepare.js";
import { type ModelAccess, type ModelNeeds, openModel, requireModel } from "../conversation/model-access.js";
import { followBudget } from "../state/budget.js";
import { lostInstead } from "../state/lost-place.js";
import { readInputs } from "../state/plan-input.js";
import { type PlanSource, parsePlan, readPlan } from "../state/plan-source.js";
import { cycleStream, eventAt } from "../state/records.js";
import { RunStop } from "../state/stop.js";
import { requireTeams } from "../state/teams.js";
import { type Assembly, assembleCrew, requireRoster } from "./assemble.js";
import { busyCycle } from "./busy.js";
import { type Estimate, estimatePlan } from "./estimate.js";
import { openBranch, openCycle, requireApproval } from "./opening.js";
import { canConfine, type Project, requireSandbox, withProject } from "./project.js";
import { type CycleEnd, runCycle } from "./run.js";
import { dispatchOf, summarise } from "./summary.js";

/** What every session needs. Nothing is read from `process` here. */
export interface SessionOptions {
  cwd: string;
  env: NodeJS.ProcessEnv;
  mode?: RolloutMode;
  signal: AbortSignal;
  onEvent(event: AnyEvent): void;
  /** Dependency folders of another checkout, for one that has none of its own. */
  dependencies?: PreparedFolders | undefined;
  /** The repository that a clone stands for: agents and commands see the clone at that path. */
  shownRoot?: string;
}

/** Options of a new run. `confirm` asks the person at the terminal; without it an unapproved plan is exit 6. */
export interface RunOptions extends SessionOptions {
  planPath: string;
  yes: boolean;
  inputs: Readonly<Record<string, string>>;
  includeWip: boolean;
  /** What gives all agents their replies, whatever plan and agent files say. */
  runtime?: Runtime;
  /** Commit, branch or tag to start from instead of HEAD. */
  base?: string;
  confirm?: (question: string) => Promise<boolean>;
  /** Told what the plan may take, before it is approved and before anything is spent. */
  onEstimate?(estimate: Estimate): void;
}

/** How a run ended. */
export interface RunResult {
  exitCode: number;
  reason: string;
  cycle: number;
  summary: RunSummary;
  dispatch: DispatchResult;
}

/** Opens a new cycle of a plan and runs it. Throws Faults for what is wrong before anything is spent. */
export async function runPlan(options: RunOptions): Promise<RunResult> {
  return await withProject(options, async (found) => {
    const project = await startFrom(found, options);
    const source = readPlan(options.planPath, options.cwd);
    await requireSandbox(project.repository, source, options);
    options.onEstimate?.(estimatePlan(project.store, source.plan));
    await requireApproval(project, source, options);
    const needs = await requireModel(requireRoster(project, source, options), options.env);
    requireTeams(project.repository, source);
    const inputs = readInputs(source, options.inputs);
    const mode = modeOf(options, source);
    const { runtime, includeWip } = options;
    const cycle = openCycle(project, source, { inputs, openedBy: "run", mode, includeWip, runtime });
    return await runSession(project, { source, cycle, inputs, resumed: false, runtime, needs }, { ...options, mode });
  });
}

/** The project with the commit a run is to start from. Throws Fault BAD_BASE (exit 2). */
async function startFrom(project: Project, { base, includeWip }: RunOptions): Promise<Project> {
  if (base === undefined) return project;
  if (includeWip)
    throw invalid("BAD_BASE", "--base and --include-wip exclude each other: uncommitted changes are of HEAD.");
  const head = base.startsWith("-") ? undefined : await resolveCommit(project.repository.git, base);
  if (head === undefined) throw invalid("BAD_BASE", `--base ${base} is no commit of this repository.`);
  return { ...project, repository: { ...project.repository, head } };
}

/** Continues the newest incomplete cycle. Throws Fault NOTHING_TO_CONTINUE (exit 7). */
export async function continueRun(options: SessionOptions): Promise<RunResult> {
  return await withProject(options, async (project) => {
    const row = project.store.queries.latestIncompleteCycle();
    if (row === undefined || row.plan_path === DRAFTING)
      throw new Fault("NOTHING_TO_CONTINUE", "No incomplete cycle to continue", { exitCode: 7 });
    const started = project.store.events({ stream: cycleStream(row.number), type: "CYCLE_STARTED" })[0];
    if (started?.type !== "CYCLE_STARTED")
      throw new Fault("CYCLE_BROKEN", `cycle ${row.number} has no start in the log`);
    const source = parsePlan(started.payload.plan_source, started.payload.plan_path);
    await requireSandbox(project.repository, source, options);
    requireTeams(project.repository, source);
    const { runtime } = started.payload;
    const needs = await requireModel(requireRoster(project, source, { env: options.env, runtime }), options.env);
    const mode = row.mode === "off" ? "off" : modeOf(options, source);
    return await runSession(
      project,
      { source, cycle: row.number, inputs: row.inputs, resumed: true, runtime, needs },
      { ...options, mode },
    );
  });
}

/** The mode of work in the tasks' own worktrees: it runs unless a flag or WORKNODE_MODE forces it `off` (C29). */
export function modeOf(options: Pick<SessionOptions, "env"> & { mode?: RolloutMode }, source: PlanSource): RolloutMode {
  const selected = selectMode(
    { flag: options.mode, env: options.env["WORKNODE_MODE"], plan: source.plan.rollout.mode },
    "worktree",
  );
  if (!selected.ok) throw invalid("UNKNOWN_MODE", selected.error);
  return selected.value.mode;
}

interface SessionPlan extends Omit<Assembly, "client" | "claude" | "mode" | "signal" | "env" | "confines"> {
  needs: ModelNeeds;
  resumed: boolean;
}

/** Other processes may run other cycles of the repository; what belongs to no cycle, as a kill, is for all. */
function concerns({ run }: AnyEvent, cycle: number): boolean {
  return run === null || run === cycle;
}

async function runSession(project: Project, plan: SessionPlan, options: SessionOptions): Promise<RunResult> {
  const { store, repository } = project;
  const lease = store.lease.acquire(`cycle:${plan.cycle}`, holderOf(process.pid, userInfo().username), isHolderAlive);
  if (!lease.ok) throw busyCycle(plan.cycle, lease.error);
  if (!plan.resumed) for (const event of store.events({ run: plan.cycle })) options.onEvent(event); // how it was opened
  const unsubscribe = store.subscribe((events) => {
    for (const event of events) if (concerns(event, plan.cycle)) options.onEvent(event);
  });
  const startedMs = repository.clock.nowMs();
  const place = { stream: cycleStream(plan.cycle), actor: "worknode", run: plan.cycle, task: null };
  try {
    store.append([eventAt(place, "SESSION_STARTED", { cycle: plan.cycle, pid: process.pid, resumed: plan.resumed })]);
    const end = await runGuarded(project, plan, options);
    const last = [eventAt(place, "SESSION_ENDED", { cycle: plan.cycle, exit_code: end.exitCode, reason: end.reason })];
    if (end.status !== undefined)
      last.push(
        eventAt(place, "CYCLE_ENDED", {
          cycle: plan.cycle,
          status: end.status,
          exit_code: end.exitCode,
          reason: end.reason,
        }),
      );
    store.append(last);
    const summary = summarise(store, plan.cycle, repository.clock.nowMs() - startedMs);
    return {
      exitCode: end.exitCode,
      reason: end.reason,
      cycle: plan.cycle,
      summary,
      dispatch: dispatchOf(end, options.mode ?? "enforced", startedMs, repository.clock.nowMs()),
    };
  } finally {
    unsubscribe();
    store.lease.release(`cycle:${plan.cycle}`, lease.value.fence);
  }
}

/** A stop is a way to end; everything else passes through. Parallel work is told to stop before it is awaited. */
async function runGuarded(project: Project, plan: SessionPlan, options: SessionOptions): Promise<CycleEnd> {
  const { repository, store } = project;
  const at = { store, stateDir: repository.stateDir, cycle: plan.cycle };
  const { client, allowance } = openModel(at, options.env, plan.needs);
  try {
    return await runWith(project, plan, { ...options, client, allowance });
  } finally {
    allowance.close();
  }
}

async function runWith(project: Project, plan: SessionPlan, options: SessionOptions & ModelAccess): Promise<CycleEnd> {
  const crew = assembleCrew(project, {
    ...plan,
    confines: await canConfine(project.repository, options.env, { confirm: true }),
    client: options.client,
    claude: plan.needs.claude,
    allowance: options.allowance,
    mode: options.mode ?? "enforced",
    signal: options.signal,
    env: options.env,
  });
  const unfollow = followBudget(crew);
  try {
    await openBranch(crew);
    if (options.dependencies === undefined) await prepareDependencies(crew);
    else crew.prepared = options.dependencies;
    return await runCycle(crew);
  } catch (fault) {
    const thrown = lostInstead(crew, fault);
    if (thrown instanceof RunStop) return { exitCode: thrown.exitCode, reason: thrown.message, status: undefined };
    throw thrown;
  } finally {
    unfollow();
  }
}
