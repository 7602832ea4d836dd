import { userInfo } from "node:os";
import { selectMode } from "../dispatch/mode.js";
import { cycleBranchName, openCycleBranch, resolveCommit } from "../effect/branch.js";
import { claimedIdentity } from "../effect/identity.js";
import { ensureProjectDir, findRepository, type Repository } from "../effect/repository.js";
import { probeBackends } from "../effect/sandbox/probe.js";
import type { PreparedFolders } from "../effect/surroundings.js";
import { Fault, invalid } from "../kernel/fault.js";
import { createModelClient } from "../model/client.js";
import { resolveConnection } from "../model/connection.js";
import type { AnyEvent } from "../schema/event.js";
import type { PlanInput } from "../schema/plan-setting.js";
import type { DispatchResult, RolloutMode } from "../schema/result.js";
import type { RunSummary } from "../schema/run-report.js";
import { holderOf, isHolderAlive } from "../store/lease.js";
import { openStore, type Store } from "../store/store.js";
import { type Assembly, assembleCrew, requireRoster } from "./assemble.js";
import { followBudget } from "./budget.js";
import type { Crew } from "./context.js";
import { type Estimate, estimatePlan } from "./estimate.js";
import { type PlanSource, parsePlan, readPlan } from "./plan-source.js";
import { prepareDependencies } from "./prepare.js";
import { cycleStream, eventAt } from "./records.js";
import { type CycleEnd, runCycle } from "./run.js";
import { stewardDone, stewardPermit } from "./steward.js";
import { RunStop } from "./stop.js";
import { dispatchOf, summarise } from "./summary.js";
import { planPrograms } from "./verify.js";

/** What every session needs. Nothing is read from `process` here. */
export interface SessionOptions {
  cwd: string;
  env: NodeJS.ProcessEnv;
  mode?: RolloutMode;
  signal: AbortSignal;
  onEvent(event: AnyEvent): void;
  /** Dependency folders of another checkout, for one that has none of its own. */
  dependencies?: PreparedFolders | undefined;
}

/** Options of a new run. `confirm` asks the person at the terminal; without it an unapproved plan is exit 6. */
export interface RunOptions extends SessionOptions {
  planPath: string;
  yes: boolean;
  inputs: Readonly<Record<string, string>>;
  includeWip: boolean;
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
    await requireSandbox(project.repository, source, options.env);
    options.onEstimate?.(estimatePlan(project.store, source.plan));
    await requireApproval(project, source, options);
    resolveConnection(options.env);
    requireRoster(project, source, options.env);
    const inputs = readInputs(source, options.inputs);
    const mode = modeOf(options, source);
    const cycle = openCycle(project, source, { inputs, openedBy: "run", mode, includeWip: options.includeWip });
    return await runSession(
      project,
      { source, cycle, inputs, resumed: false, includeWip: options.includeWip },
      { ...options, mode },
    );
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
    if (row === undefined) throw new Fault("NOTHING_TO_CONTINUE", "No incomplete cycle to continue", { exitCode: 7 });
    const started = project.store.events({ stream: cycleStream(row.number), type: "CYCLE_STARTED" })[0];
    if (started?.type !== "CYCLE_STARTED")
      throw new Fault("CYCLE_BROKEN", `cycle ${row.number} has no start in the log`);
    const source = parsePlan(started.payload.plan_source, started.payload.plan_path);
    await requireSandbox(project.repository, source, options.env);
    resolveConnection(options.env);
    const mode = row.mode === "off" ? "off" : modeOf(options, source);
    return await runSession(
      project,
      { source, cycle: row.number, inputs: row.inputs, resumed: true, includeWip: false },
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

/** A repository and its store. */
export interface Project {
  readonly repository: Repository;
  readonly store: Store;
}

/** Opens the project around `cwd` for the length of `work`. */
export async function withProject<T>(
  options: Pick<SessionOptions, "cwd" | "env">,
  work: (project: Project) => Promise<T>,
): Promise<T> {
  const repository = await findRepository(options.cwd, { env: options.env });
  await ensureProjectDir(repository);
  const store = openStore(repository.databasePath);
  try {
    return await work({ repository, store });
  } finally {
    store.close();
  }
}

/** Whether agents' commands can be confined on this machine; where they cannot, none is offered `Bash`. */
export async function canConfine({ stateDir }: Repository, env: NodeJS.ProcessEnv): Promise<boolean> {
  return (await probeBackends({ stateDir, env })).chosen !== null;
}

/** A plan with commands is refused where they cannot be confined, before anything is spent. */
export async function requireSandbox(
  repository: Repository,
  source: PlanSource,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  if (planPrograms(source).length === 0) return;
  const report = await probeBackends({ stateDir: repository.stateDir, env });
  if (report.chosen !== null) return;
  const fixes = report.probes.filter(({ ok }) => !ok).map(({ name, detail, fix }) => `${name}: ${detail}. ${fix}`);
  throw invalid("NO_SANDBOX", `the plan runs commands, and this machine has no sandbox for them:\n${fixes.join("\n")}`);
}

/** An unapproved plan hash is asked for on a terminal, approved by `--yes`, else exit 6. */
export async function requireApproval(
  project: Project,
  source: PlanSource,
  options: Pick<RunOptions, "yes" | "env" | "confirm"> & { via?: string },
): Promise<void> {
  if (project.store.queries.planApproval(source.hash) !== undefined) return;
  const question = `Approve the plan ${source.plan.id} (${source.hash.slice(0, 12)}) and run it?`;
  const agreed = options.yes || (options.confirm !== undefined && (await options.confirm(question)));
  if (!agreed)
    throw new Fault(
      "NOT_APPROVED",
      `the plan ${source.path} is not approved. Read it with \`worknode plan explain\`, then \`worknode plan approve\` it, or run with --yes.`,
      { exitCode: 6 },
    );
  const by = claimedIdentity(options.env, project.repository);
  const place = { stream: "project", actor: by.os_user, run: 0, task: null };
  project.store.append([
    eventAt(place, "PLAN_APPROVED", {
      plan_hash: source.hash,
      plan_id: source.plan.id,
      path: source.path,
      by,
      via: options.via ?? (options.yes ? "--yes" : "terminal"),
    }),
  ]);
}

function readInputs(source: PlanSource, given: Readonly<Record<string, string>>): Record<string, unknown> {
  const unknown = Object.keys(given).find((name) => source.plan.inputs[name] === undefined);
  if (unknown !== undefined) throw invalid("UNKNOWN_INPUT", `the plan has no input '${unknown}'.`);
  const specs = Object.entries(source.plan.inputs);
  return Object.fromEntries(specs.map(([name, spec]) => [name, readInput(name, spec, given[name])]));
}

function readInput(name: string, spec: PlanInput, text: string | undefined): unknown {
  const value = text === undefined ? spec.default : typedInput(spec.type, text);
  if (value === undefined) throw invalid("MISSING_INPUT", `the plan needs --input ${name}=….`);
  if (typeof value === "number" && !withinBounds(value, spec))
    throw invalid("BAD_INPUT", `input ${name} must be a number within its bounds.`);
  if (spec.enum !== undefined && !spec.enum.includes(value))
    throw invalid("BAD_INPUT", `input ${name} must be one of ${spec.enum.join(", ")}.`);
  return value;
}

function typedInput(type: PlanInput["type"], text: string): string | number | boolean {
  if (type === "number") return Number(text);
  return type === "boolean" ? text === "true" : text;
}

/** Not a number is within no bounds. */
function withinBounds(value: number, { min = value, max = value }: PlanInput): boolean {
  return value >= min && value <= max;
}

/** How a cycle is opened. */
export interface CycleOpening {
  inputs: Record<string, unknown>;
  openedBy: "run" | "tool";
  mode: RolloutMode | undefined;
  includeWip: boolean;
}

/** Numbers a new cycle (S4:200-214), status `planning`. */
export function openCycle(project: Project, source: PlanSource, opening: CycleOpening): number {
  const { plan } = source;
  return project.store.transaction(() => {
    const cycle = project.store.queries.maxCycle() + 1;
    const place = { stream: cycleStream(cycle), actor: userInfo().username, run: cycle, task: null };
    project.store.append([
      eventAt(place, "CYCLE_STARTED", {
        cycle,
        plan_id: plan.id,
        plan_hash: source.hash,
        plan_path: source.path,
        plan_source: source.text,
        title: plan.title,
        instruction: plan.title,
        branch: cycleBranchName(plan.id, cycle),
        base_commit: project.repository.head,
        opened_by: opening.openedBy,
        inputs: opening.inputs,
        ...(opening.mode === undefined ? {} : { mode: opening.mode }),
        tasks: plan.phases.flatMap((phase) =>
          phase.tasks.map(({ id, title, owner, estimate, needs, files }) => ({
            id,
            title,
            phase: phase.id,
            owner,
            estimate,
            needs,
            files: files.write,
          })),
        ),
      }),
      eventAt(place, "CYCLE_STATUS", { cycle, status: "planning" }),
    ]);
    return cycle;
  });
}

interface SessionPlan extends Omit<Assembly, "client" | "mode" | "signal" | "env" | "confines"> {
  resumed: boolean;
  includeWip: boolean;
}

async function runSession(project: Project, plan: SessionPlan, options: SessionOptions): Promise<RunResult> {
  const { store, repository } = project;
  const lease = store.lease.acquire(`cycle:${plan.cycle}`, holderOf(process.pid, userInfo().username), isHolderAlive);
  if (!lease.ok)
    throw invalid(
      "CYCLE_BUSY",
      `cycle ${plan.cycle} is being run by process ${lease.error.pid} (${lease.error.owner}). Wait for it, or stop it with \`worknode kill\`.`,
    );
  if (!plan.resumed) for (const event of store.events({ run: plan.cycle })) options.onEvent(event); // how it was opened
  const unsubscribe = store.subscribe((events) => {
    for (const event of events) options.onEvent(event);
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
  const connection = resolveConnection(options.env);
  const client = createModelClient({
    baseUrl: connection.baseUrl,
    apiKey: connection.apiKey,
    profile: connection.profile,
  });
  const crew = assembleCrew(project, {
    ...plan,
    confines: await canConfine(project.repository, options.env),
    client,
    mode: options.mode ?? "enforced",
    signal: options.signal,
    env: options.env,
  });
  const unfollow = followBudget(crew);
  try {
    await openBranch(crew, plan.includeWip, !plan.resumed);
    if (options.dependencies === undefined) await prepareDependencies(crew);
    else crew.prepared = options.dependencies;
    return await runCycle(crew);
  } catch (thrown) {
    if (thrown instanceof RunStop) return { exitCode: thrown.exitCode, reason: thrown.message, status: undefined };
    throw thrown;
  } finally {
    unfollow();
  }
}

/** The cycle's branch, made once; a resumed cycle finds it as it is. */
export async function openBranch(crew: Crew, includeWip: boolean, fresh: boolean): Promise<void> {
  const args = { plan_id: crew.plan.id, cycle: crew.cycle, include_wip: includeWip };
  const at = await stewardPermit(crew, { tool: "cycle.open", task: null, args });
  const opened = await openCycleBranch(at.permit, crew.repository, { callId: at.callId, args });
  stewardDone(crew, at, `${opened.branch} at ${opened.head}`);
  if (fresh && !opened.created)
    throw invalid(
      "BRANCH_EXISTS",
      `${opened.branch} exists already, from a cycle this log does not know. Rename or delete it, then \`worknode continue\`.`,
    );
}
