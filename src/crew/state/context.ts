import type { KeyObject } from "node:crypto";
import type { Broker, Minted } from "../../capability/broker.js";
import type { WriteSet } from "../../capability/write-set.js";
import type { ClaudeProgram } from "../../effect/program/claude-program.js";
import type { Repository } from "../../effect/repository/repository.js";
import type { PreparedFolders } from "../../effect/workspace/surroundings.js";
import type { TaskWorkspace } from "../../effect/workspace/workspace.js";
import type { Clock } from "../../kernel/clock.js";
import type { Governor } from "../../model/governor.js";
import type { Pace } from "../../model/pace.js";
import type { Prices } from "../../model/prices.js";
import type { ModelClient } from "../../model/request.js";
import type { Plan } from "../../schema/plan.js";
import type { PlanTask } from "../../schema/plan-task.js";
import type { RolloutMode } from "../../schema/result.js";
import type { Runtime } from "../../schema/runtime.js";
import type { TaskStatus } from "../../schema/states.js";
import type { Tier } from "../../schema/tier.js";
import type { Store } from "../../store/store.js";
import type { Parked } from "./parking.js";

/** Limits a spawner may name. Money in US dollars. */
export interface NarrowLimits {
  readonly maxComplexity?: number;
  readonly maxFunctionLines?: number;
  readonly maxExecutions?: number;
  readonly usd?: number;
  readonly tokens?: number;
}

/** What a spawner gave less of. */
export interface Narrowed {
  readonly files?: readonly string[];
  readonly limits?: NarrowLimits;
  /** When an elevated spawner's grant ends (epoch ms), and with it all it handed on. */
  readonly untilMs?: number;
  /** When the spawner's own time was to end (epoch ms), and with it that of all it spawned then. */
  readonly endsAtMs?: number;
}

/** An agent of the running crew: a role of the plan, or a child spawned from one. */
export interface CrewAgent {
  readonly id: string;
  readonly role: string;
  readonly tier: Tier;
  /** Literal model id. */
  readonly model: string;
  /** What gives it its replies. */
  readonly runtime: Runtime;
  readonly system: string;
  /** Tools its file and plan allow; the capability narrows them. */
  readonly tools: readonly string[];
  readonly memoryTokens: number;
  /** How long it may work on one task in a session (ms); null without a limit. */
  readonly maxDurationMs: number | null;
  readonly parent: string | null;
  readonly narrowed?: Narrowed;
}

/** Everything one session on a cycle shares. Constructed once, in `session.ts`. */
export interface Crew {
  readonly store: Store;
  readonly clock: Clock;
  readonly repository: Repository;
  readonly broker: Broker;
  readonly publicKey: KeyObject;
  readonly plan: Plan;
  /** The plan's limits, tightened by the repository's tier profiles. */
  readonly limits: Plan["limits"];
  readonly planHash: string;
  readonly planSource: string;
  readonly cycle: number;
  readonly branch: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly agents: Map<string, CrewAgent>;
  /** Undefined where no model is asked by the Messages API (the `tool` verb, a crew of Claude Code alone). */
  readonly client: ModelClient | undefined;
  /** The user's Claude Code, where an agent's replies come from it. */
  readonly claude: ClaudeProgram | undefined;
  readonly prices: Prices;
  readonly governor: Governor;
  /** Keeps all crews of the client's key within its rates. */
  readonly pace: Pace | undefined;
  /** Forced `off` makes the run a rehearsal. */
  readonly mode: RolloutMode;
  /** The project's epoch when the session began; a later one means it was killed. */
  readonly epoch: number;
  readonly signal: AbortSignal;
  /** Whether this machine can confine commands; where it cannot, no agent is offered `Bash`. */
  readonly confines: boolean;
  /** When the plan's `wallClock` ends (epoch ms), or null. */
  readonly endsAtMs: number | null;
  readonly loadedFiles: ReadonlySet<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Tasks by id, with the phase they belong to, and for a rework the plan's task that it does again. */
  readonly tasks: Map<string, { task: PlanTask; phase: string; of?: string }>;
  readonly statuses: Map<string, TaskStatus>;
  readonly activePhases: Set<string>;
  /** Capabilities held now, by `<agent>/<task>`. */
  readonly held: Map<string, Held>;
  readonly workspaces: Map<string, TaskWorkspace>;
  /** Who owns a task when it is not the plan's owner any more. */
  readonly assigned: Map<string, string>;
  /** Whether a request has been answered in this session: before that, failures mean a wrong set-up. */
  answered: boolean;
  /** When an agent last reached outside its capability (epoch ms). */
  readonly violatedAtMs: Map<string, number>;
  /** Tasks with a rejected result. */
  readonly rejected: Set<string>;
  /** Tasks that wait for people, and for what. */
  readonly parked: Map<string, Parked>;
  /** Dependency folders that `workspace.prepare` made; undefined where the checkout has its own. */
  prepared?: PreparedFolders;
}

/** A capability an agent holds for a task, ready for the gate. */
export interface Held {
  minted: Minted;
  writes: WriteSet;
  /** Whether the broker may extend it; an elevated grant it may not. */
  readonly renewable: boolean;
  /** When its agent's time is over (epoch ms); null without a limit. */
  readonly endsAtMs: number | null;
  /** What it was handed on from, nearest last: empty for an agent of the plan. */
  readonly lineage: readonly Held[];
}

/** A task of the plan; asking for an unknown one is a defect of the caller. */
export function taskOf(crew: Crew, id: string): { task: PlanTask; phase: string; of?: string } {
  const found = crew.tasks.get(id);
  if (found === undefined) throw new Error(`no task ${id}`);
  return found;
}

/** Who works on a task now. */
export function ownerOf(crew: Crew, task: PlanTask): string {
  return crew.assigned.get(task.id) ?? task.owner;
}

/** The agent that audits: the first named auditor who may judge, else the validation tier's where the plan names none. */
export function auditorOf(crew: Crew, exclude: readonly string[]): CrewAgent | undefined {
  const named = crew.plan.approval.reviewers.auditors;
  if (named === undefined) return tierAgent(crew, "validation", exclude);
  const allowed = named.find((name) => !exclude.includes(name) && crew.agents.get(name)?.tier === "validation");
  return allowed === undefined ? undefined : crew.agents.get(allowed);
}

/** The agent that speaks for a tier: the plan's `tiers`, else its only agent of that tier, else any, in the plan's order. */
export function tierAgent(crew: Crew, tier: Tier, exclude: readonly string[] = []): CrewAgent | undefined {
  const named = crew.plan.tiers[tier];
  const chosen = named === undefined ? undefined : crew.agents.get(named);
  if (chosen !== undefined && !exclude.includes(chosen.id)) return chosen;
  return [...crew.agents.values()].find((agent) => agent.tier === tier && !exclude.includes(agent.id));
}
