import { join, relative } from "node:path";
import { createBroker } from "../../capability/broker.js";
import { loadOrCreateKey } from "../../capability/keys.js";
import type { ClaudeProgram } from "../../effect/program/claude-program.js";
import { cycleBranchName } from "../../effect/workspace/branch.js";
import { invalid } from "../../kernel/fault.js";
import { parseStamp } from "../../kernel/hlc.js";
import type { Allowance } from "../../model/allowance.js";
import { createGovernor, type Governor, type ParentBudget } from "../../model/governor.js";
import { hasPrice, loadPrices, type Prices } from "../../model/prices.js";
import type { ModelClient } from "../../model/request.js";
import type { AnyEvent } from "../../schema/event.js";
import type { Plan } from "../../schema/plan.js";
import type { PlanTask } from "../../schema/plan-task.js";
import type { RolloutMode } from "../../schema/result.js";
import type { Runtime } from "../../schema/runtime.js";
import type { TaskStatus } from "../../schema/states.js";
import { recallAgent } from "../agent/recalled-agent.js";
import { callRoster, type RosterPlaces } from "../agent/roster.js";
import { recallAmendments } from "../conversation/amend.js";
import type { Crew, CrewAgent } from "../state/context.js";
import { packageFile } from "../state/package-file.js";
import type { PlanSource } from "../state/plan-source.js";
import { cycleStream } from "../state/records.js";
import { recallReworks } from "../task/rework.js";
import type { Project } from "./project.js";

/** Violations looked back at, newest first. */
const MAX_RECALLED_VIOLATIONS = 1_000;

/** What a crew is put together from. */
export interface Assembly {
  source: PlanSource;
  cycle: number;
  inputs: Readonly<Record<string, unknown>>;
  client: ModelClient | undefined;
  /** What the crews of the client's key share. */
  allowance?: Allowance;
  /** The user's Claude Code, where an agent needs it. */
  claude?: ClaudeProgram | undefined;
  /** For all agents, whatever plan and files say. */
  runtime?: Runtime | undefined;
  mode: RolloutMode;
  signal: AbortSignal;
  env: NodeJS.ProcessEnv;
  /** Whether commands can be confined here. */
  confines: boolean;
}

/** Puts a crew together for a cycle, with everything the log already knows of it. Throws Faults of exit 2. */
export function assembleCrew(project: Project, assembly: Assembly): Crew {
  const { repository, store } = project;
  const { source, cycle, env, client, claude, runtime, mode, signal, inputs, confines } = assembly;
  const { plan } = source;
  const places = { ...rosterPlaces(repository.root, env), runtime };
  const { agents, loaded, limits } = callRoster(plan, places);
  const prices = loadPrices();
  if (client !== undefined || claude !== undefined) requirePrices(plan, prices, agents.values());
  const privateKey = loadOrCreateKey(join(repository.stateDir, "keys"));
  const broker = createBroker({ privateKey, clock: repository.clock });
  const crew: Crew = {
    store,
    clock: repository.clock,
    repository,
    broker,
    publicKey: broker.publicKey,
    plan,
    limits,
    planHash: source.hash,
    planSource: source.text,
    cycle,
    branch: cycleBranchName(plan.id, cycle),
    inputs,
    agents,
    client,
    claude,
    prices,
    governor: openGovernor(project, { plan, cycle, parent: assembly.allowance?.budget }),
    pace: assembly.allowance?.pace,
    mode,
    epoch: store.epoch(),
    signal,
    confines,
    endsAtMs: plan.budget.wallClock === null ? null : repository.clock.nowMs() + plan.budget.wallClock,
    loadedFiles: new Set([...loaded, relative(repository.root, source.path)]),
    env,
    tasks: indexTasks(source),
    ...freshState(),
  };
  recall(crew);
  return crew;
}

/** Where the agent files and profiles of a repository are. */
export function rosterPlaces(root: string, env: Readonly<Record<string, string | undefined>>): RosterPlaces {
  return { shipped: packageFile("agents"), profiles: packageFile("capabilities"), root, env };
}

/**
 * Refuses a crew that could not work, before a cycle is opened for it: agents, profiles, prices. Answers what its agents
 * get their replies from. Throws Faults of exit 2.
 */
export function requireRoster(
  project: Project,
  { plan }: PlanSource,
  { env, runtime }: { env: NodeJS.ProcessEnv; runtime?: Runtime | undefined },
): Set<Runtime> {
  const agents = [...callRoster(plan, { ...rosterPlaces(project.repository.root, env), runtime }).agents.values()];
  requirePrices(plan, loadPrices(), agents);
  return new Set(agents.map((agent) => agent.runtime));
}

type State = Pick<
  Crew,
  "statuses" | "activePhases" | "held" | "workspaces" | "assigned" | "answered" | "violatedAtMs" | "rejected" | "parked"
>;

/** What a session learns while it runs. */
function freshState(): State {
  return {
    statuses: new Map(),
    activePhases: new Set(),
    held: new Map(),
    workspaces: new Map(),
    assigned: new Map(),
    answered: false,
    violatedAtMs: new Map(),
    rejected: new Set(),
    parked: new Map(),
  };
}

/** A budget in money can only be kept for models whose price is known. */
function requirePrices(plan: Plan, prices: Prices, agents: Iterable<CrewAgent>): void {
  if (plan.budget.usd === null) return;
  for (const agent of agents)
    if (!hasPrice(prices, agent.model))
      throw invalid(
        "NO_PRICE",
        `no price is known for the model ${agent.model} of agent ${agent.id}, and the plan has a budget in usd. Use a model with a price, or a budget in tokens.`,
      );
}

/** The plan's budget with what people added and what earlier sessions spent or left reserved. */
function openGovernor(
  { store }: Project,
  { plan, cycle, parent }: { plan: Plan; cycle: number; parent: ParentBudget | undefined },
): Governor {
  const row = store.queries.cycle(cycle);
  const usage = store.queries.usageTotals(cycle);
  const limit = (bound: number | null, added: number | undefined): number | null =>
    bound === null ? null : bound + (added ?? 0);
  return createGovernor({
    usd: limit(plan.budget.usd, row?.added_usd),
    tokens: limit(plan.budget.tokens, row?.added_tokens),
    ...(parent === undefined ? {} : { parent }),
    ...(usage === undefined
      ? {}
      : {
          spent: { usd: usage.spent_usd, tokens: usage.spent_tokens },
          reserved: { usd: usage.reserved_usd, tokens: usage.reserved_tokens },
        }),
  });
}

function indexTasks(source: PlanSource): Map<string, { task: PlanTask; phase: string }> {
  return new Map(
    source.plan.phases.flatMap((phase) => phase.tasks.map((task) => [task.id, { task, phase: phase.id }])),
  );
}

/** States a session that died leaves behind are taken up again; the rest stands as it was recorded. */
const RESUMED: Partial<Record<TaskStatus, TaskStatus>> = {
  READY: "PENDING",
  IN_PROGRESS: "PENDING",
  BLOCKED: "BLOCKED",
};

function recall(crew: Crew): void {
  for (const row of crew.store.queries.tasks(crew.cycle)) {
    crew.statuses.set(row.id, RESUMED[row.status] ?? row.status);
    if (row.feedback !== null) crew.rejected.add(row.id);
  }
  recallReworks(crew);
  recallAmendments(crew);
  if (crew.client !== undefined || crew.claude !== undefined) recallViolations(crew);
  const type = ["PHASE_STARTED", "AGENT_SPAWNED", "AGENT_TERMINATED", "TASK_ASSIGNED", "TASK_CLAIMED"] as const;
  for (const event of crew.store.events({ run: crew.cycle, type: [...type] })) recallEvent(crew, event);
  recallAssigned(crew);
}

/** A task assigned to somebody who is no agent of the crew waits for them to claim it; that of an agent that was ended is its owner's. */
function recallAssigned(crew: Crew): void {
  const spawned = new Set(crew.store.queries.agents(crew.cycle).map(({ agent }) => agent));
  for (const [task, assignee] of crew.assigned) {
    if (crew.agents.has(assignee) || crew.statuses.get(task) !== "PENDING") continue;
    if (spawned.has(assignee)) crew.assigned.delete(task);
    else waitForPerson(crew, task);
  }
}

/** An agent's record follows it into the next session; what a person tried by `worknode tool` is not the agent's. */
function recallViolations(crew: Crew): void {
  const recent = crew.store.events({ type: "SECURITY_VIOLATION", reverse: true, limit: MAX_RECALLED_VIOLATIONS });
  for (const { actor, hlc, execution } of recent) {
    const atMs = parseStamp(hlc)?.wallMs ?? crew.clock.nowMs();
    if (execution?.includes(":tool:") !== true && atMs > (crew.violatedAtMs.get(actor) ?? 0))
      crew.violatedAtMs.set(actor, atMs);
  }
}

function recallEvent(crew: Crew, event: AnyEvent): void {
  if (event.type === "PHASE_STARTED") crew.activePhases.add(event.payload.phase);
  if (event.type === "TASK_ASSIGNED" && event.task !== null) crew.assigned.set(event.task, event.payload.assignee);
  if (event.type === "TASK_CLAIMED" && event.task !== null) recallClaim(crew, event.task, event.payload.by);
  if (event.stream === cycleStream(crew.cycle)) recallAgent(crew, event);
}

function recallClaim(crew: Crew, task: string, by: string): void {
  const row = crew.store.queries.task(crew.cycle, task);
  if (row?.status === "IN_PROGRESS" && row.agent === by) waitForPerson(crew, task);
}

/** A task in a person's hands waits for that person; no answer to a question moves it. */
function waitForPerson(crew: Crew, task: string): void {
  crew.statuses.set(task, "BLOCKED");
  crew.parked.set(task, { approval: "", answers: 0, expired: false });
}
