import type { Grant, Minted } from "../../capability/broker.js";
import { ELEVATED_TTL_MS, TOKEN_TTL_MS } from "../../kernel/bounds.js";
import type { CapabilityLimits } from "../../schema/capability.js";
import type { ConversationKind } from "../../schema/conversation.js";
import type { Tier } from "../../schema/tier.js";
import { isStewardTool, toolInputSchemas } from "../../schema/tool.js";
import { isOwnLease } from "../../store/lease.js";
import { type Crew, type CrewAgent, type Held, taskOf } from "../state/context.js";

const LOOK = ["Read", "Glob", "Grep", "search_decisions", "search_issues"] as const;

/** What a tier can ever be given (DESIGN §5); agent files and plans only narrow it. */
export const TIER_TOOLS: Readonly<Record<Tier, readonly string[]>> = {
  executive: [
    ...LOOK,
    "Write",
    "Edit",
    "submit_result",
    "submit_plan_review",
    "report_blocker",
    "resolve_escalation",
    "spawn_agent",
    "terminate_agent",
    "assign_task",
    "raise_alert",
    "create_decision",
    "create_issue",
  ],
  implementation: [
    ...LOOK,
    "Write",
    "Edit",
    "Bash",
    "submit_result",
    "report_blocker",
    "create_decision",
    "create_issue",
  ],
  validation: [...LOOK, "Write", "Edit", "Bash", "submit_result", "submit_verdict", "report_blocker", "create_issue"],
};

/** Tools that belong to one kind of conversation only, and what each kind adds to looking around. */
const KIND_TOOLS: Readonly<Record<ConversationKind, readonly string[]>> = {
  "plan-review": [...LOOK, "raise_alert", "create_decision", "submit_plan_review"],
  critic: [...LOOK, "Bash", "submit_verdict"],
  audit: [...LOOK, "Bash", "submit_verdict"],
  escalation: [
    ...LOOK,
    "raise_alert",
    "create_decision",
    "spawn_agent",
    "terminate_agent",
    "assign_task",
    "resolve_escalation",
  ],
  work: [
    ...LOOK,
    "Write",
    "Edit",
    "Bash",
    "raise_alert",
    "create_decision",
    "create_issue",
    "spawn_agent",
    "terminate_agent",
    "assign_task",
    "submit_result",
    "report_blocker",
  ],
};

/** Calls that end a conversation of a kind (contract, DESIGN §10). */
export const FINISHING: Readonly<Record<ConversationKind, ReadonlySet<string>>> = {
  "plan-review": new Set(["submit_plan_review"]),
  work: new Set(["submit_result", "report_blocker"]),
  critic: new Set(["submit_verdict"]),
  audit: new Set(["submit_verdict"]),
  escalation: new Set(["resolve_escalation"]),
};

const STEWARD_TOOLS: readonly string[] = Object.keys(toolInputSchemas).filter(isStewardTool);

/**
 * Tools an agent is offered in a conversation. What ends the conversation is always among them; `Bash` only
 * where its commands can be confined.
 */
export function offeredTools(crew: Pick<Crew, "confines">, agent: CrewAgent, kind: ConversationKind): string[] {
  const tier = TIER_TOOLS[agent.tier];
  const allows = (tool: string): boolean =>
    FINISHING[kind].has(tool) || agent.tools.length === 0 || agent.tools.includes(tool);
  return KIND_TOOLS[kind].filter((tool) => tier.includes(tool) && allows(tool) && (tool !== "Bash" || crew.confines));
}

/** Judging agents write nothing; working ones what their task names. */
function writesOf(crew: Crew, agent: CrewAgent, task: string | null, kind: ConversationKind): readonly string[] {
  if (kind !== "work" || task === null) return [];
  const { narrowed, id } = agent;
  if (narrowed?.files === undefined) return taskOf(crew, task).task.files.write;
  return [...narrowed.files, ...amendedFor(crew, id, task)];
}

/** What a task got more while an agent had it is that agent's too, whatever less it was handed. */
function amendedFor(crew: Crew, agent: string, task: string): string[] {
  const amended = crew.store.events({ run: crew.cycle, type: "PLAN_AMENDED" });
  return amended.flatMap((event) =>
    event.type === "PLAN_AMENDED" && event.task === task && event.payload.to === agent ? event.payload.files : [],
  );
}

/** The tightest of plan, task and spawner. */
function limitsOf(crew: Crew, agent: CrewAgent, task: string | null): CapabilityLimits {
  const plan = crew.limits.implementation;
  const own = task === null ? {} : taskOf(crew, task).task.limits;
  const narrow = agent.narrowed?.limits ?? {};
  const tightest = (...bounds: readonly (number | undefined)[]): number =>
    Math.min(...bounds.filter((bound) => bound !== undefined));
  return {
    max_complexity: tightest(plan.maxComplexity, own.maxComplexity, narrow["maxComplexity"]),
    max_function_lines: tightest(plan.maxFunctionLines, own.maxFunctionLines, narrow["maxFunctionLines"]),
    max_executions: tightest(own.maxExecutions ?? plan.maxExecutions, narrow["maxExecutions"]),
  };
}

/** What the broker grants an agent for one conversation about a task (null: outside tasks). */
export function grantFor(crew: Crew, agent: CrewAgent, task: string | null, kind: ConversationKind): Grant {
  const phase = task === null ? "-" : taskOf(crew, task).phase;
  const whole = crew.governor.totals(); // with what people added
  const { usd = whole.usd.limit, tokens = whole.tokens.limit } = agent.narrowed?.limits ?? {};
  return {
    project: crew.plan.project,
    agent: agent.id,
    role: agent.role,
    tier: agent.tier,
    task: task ?? "-",
    cycle: crew.cycle,
    plan_hash: crew.planHash,
    phase,
    tools: offeredTools(crew, agent, kind),
    write: [...writesOf(crew, agent, task, kind)],
    limits: limitsOf(crew, agent, task),
    budget: { usd, tokens },
    epoch: crew.epoch,
  };
}

/** The capability worknode's own calls run under: none of an agent's tools, no file. */
export function stewardGrant(crew: Crew, task: string | null): Grant {
  return {
    project: crew.plan.project,
    agent: "worknode",
    role: "steward",
    tier: "executive",
    task: task ?? "-",
    cycle: crew.cycle,
    plan_hash: crew.planHash,
    phase: task === null ? "-" : taskOf(crew, task).phase,
    tools: [...STEWARD_TOOLS],
    write: [],
    limits: { max_complexity: 1, max_function_lines: 1, max_executions: 1 },
    budget: { usd: 0, tokens: 0 },
    epoch: crew.epoch,
  };
}

/**
 * Has the broker renew a capability that is past half its life, or whose life a clock put back is before, and those it descends from, as long as this process
 * holds the cycle's lease: work that takes long goes on, and that of a process which lost its lease ends. An elevated
 * grant ends when it ends, and what was handed on from it with it.
 */
export function renewHeld(crew: Crew, held: Held): void {
  if (isFresh(held, crew.clock.nowMs())) return;
  const lease = crew.store.lease.read(`cycle:${crew.cycle}`);
  if (lease === undefined || !isOwnLease(lease)) return;
  let above: Minted | undefined;
  for (const link of [...held.lineage, held]) {
    link.minted = link.renewable ? crew.broker.renew(link.minted, above) : crew.broker.predate(link.minted);
    above = link.minted;
  }
}

/** Whether a capability is valid, and within the first half of its life where that can be made longer. */
function isFresh({ minted, renewable }: Held, nowMs: number): boolean {
  const { nbf, exp } = minted.capability;
  return nowMs >= nbf && (!renewable || nowMs <= exp - TOKEN_TTL_MS / 2);
}

/**
 * Lifetime of an agent's capability: the elevated grant widens coordination only, and ends in two hours. The plan gives it
 * to an agent of its own; whoever else is spawned in its role is not elevated.
 */
export function ttlOf(agent: CrewAgent, crew: Crew): number {
  const elevated = agent.parent === null && crew.plan.agents[agent.id]?.grants.includes("elevated") === true;
  return elevated ? ELEVATED_TTL_MS : TOKEN_TTL_MS;
}
