import type { z } from "zod";
import type { Minted } from "../../capability/broker.js";
import { patternCanMatch } from "../../capability/write-set.js";
import { defined } from "../../kernel/defined.js";
import { MAX_CAPABILITY_FILES } from "../../schema/capability.js";
import type { Handed } from "../../schema/event-conversation.js";
import type { WorknodeRecord } from "../../schema/memory.js";
import type { TaskStatus } from "../../schema/states.js";
import { toolInputSchemas } from "../../schema/tool.js";
import type { Denial } from "../../schema/verdict.js";
import { type CallRequest, type ToolRun, violationEvents } from "../call/call-record.js";
import { type Crew, type CrewAgent, type Held, type Narrowed, type NarrowLimits } from "../state/context.js";
import { renderDenials } from "../state/denial-text.js";
import { cycleStream, eventAt, type Place, taskStream } from "../state/records.js";
import { failed, knownOwner } from "../state/tool-run.js";
import { endOfSpawner } from "./agent-time.js";
import { endOfGrant, holdFor, mintFor } from "./delegation.js";

type HeldTime = Pick<Held, "endsAtMs">;

/** Who coordinates, what is asked, and how long the asking agent has. */
export type CoordinationRequest = Pick<CallRequest, "proposal" | "records"> & {
  readonly place: { readonly held: HeldTime };
};

/** Children that may be spawned in a cycle: five agents must not become hundreds. */
const MAX_SPAWNED = 32;
/** What a spawner may limit, with the least of each that lets an agent do anything. */
const LEAST: Readonly<Record<string, number>> = {
  maxComplexity: 1,
  maxFunctionLines: 1,
  maxExecutions: 1,
  usd: 0,
  tokens: 0,
} satisfies Record<keyof NarrowLimits, number>;
const NOT_STARTED: ReadonlySet<TaskStatus | undefined> = new Set<TaskStatus | undefined>([
  "PENDING",
  "READY",
  "BLOCKED",
  undefined,
]);

/** An agent as a Worknode record (S3:180-193). */
function recordOf(crew: Crew, agent: CrewAgent, task: string | null): WorknodeRecord {
  const able: Record<CrewAgent["tier"], string[]> = {
    executive: ["PLANNING", "DOCUMENTATION"],
    implementation: ["CODE_WRITING", "CODE_ANALYSIS", "TESTING", "DOCUMENTATION"],
    validation: ["CODE_ANALYSIS", "TESTING"],
  };
  return {
    id: agent.id,
    type: "AI_AGENT",
    name: agent.role,
    capabilities: able[agent.tier],
    current_project: crew.plan.project,
    current_task: task,
    session_start: crew.clock.nowMs(),
    context_loaded: true,
    memory_budget: agent.memoryTokens,
    status: "ACTIVE",
    files_open: [],
    context_items: [],
    blockers: [],
  };
}

/** `spawn_agent`: a child of a role for a task that has not started, with no more than that task's grant. */
export function spawnAgent(crew: Crew, request: CoordinationRequest): ToolRun {
  const wish = toolInputSchemas.spawn_agent.parse(request.proposal.what.args);
  const { task } = wish;
  const child = childOf(crew, request, wish);
  if (typeof child === "string") return failed(child);
  const held = holdFor(crew, child, { task, kind: "work" });
  if (!held.ok) return refuseSpawn(crew, request, { ...held.error, subject: request.proposal.who.agent });
  crew.agents.set(child.id, child);
  const place = { ...request.records, stream: cycleStream(crew.cycle), task };
  return {
    content: `Spawned ${child.id} for ${task}: ${wish.reason}`,
    is_error: false,
    events: [
      spawnedEvent(crew, place, { agent: child, task, minted: held.value.minted }),
      assignment(crew, request, { task, agent: child.id }),
    ],
  };
}

/** The agent a spawner asks for, or why there is none. */
function childOf(
  crew: Crew,
  { proposal, place }: CoordinationRequest,
  wish: z.output<typeof toolInputSchemas.spawn_agent>,
): CrewAgent | string {
  const parent = proposal.who.agent;
  const { role, task, files, limits = {} } = wish;
  const template = [...crew.agents.values()].find((agent) => agent.role === role);
  if (template === undefined) return `The plan has no agent of the role ${role}.`;
  const refusal = refuseTask(crew, task, template) ?? unfitWish(files ?? [], limits);
  if (refusal !== undefined) return refusal;
  const id = childId(crew, role);
  if (id === undefined) return `At most ${MAX_SPAWNED} agents may be spawned; work with those there are.`;
  const narrowed = narrowedBy(crew, crew.agents.get(parent), { files, limits, held: place.held });
  return { ...template, id, parent, narrowed };
}

/** What the spawner works under itself holds for its children, unless they are given less. */
function narrowedBy(
  crew: Crew,
  spawner: CrewAgent | undefined,
  { files, limits, held }: { files: string[] | undefined; limits: NarrowLimits; held: HeldTime },
): Narrowed {
  const bounds = { ...spawner?.narrowed?.limits, ...limits };
  const untilMs = spawner === undefined ? undefined : endOfGrant(crew, spawner);
  const endsAtMs = spawner === undefined ? held.endsAtMs : endOfSpawner(crew, spawner, held);
  return defined({ limits: bounds, files, untilMs, endsAtMs: endsAtMs ?? undefined });
}

/** What is recorded of an agent that begins to act under a capability. */
export function spawnedEvent(
  crew: Crew,
  place: Place,
  what: { agent: CrewAgent; task: string | null; minted: Minted },
): ReturnType<typeof eventAt> {
  const { agent, task, minted } = what;
  return eventAt(place, "AGENT_SPAWNED", {
    agent: recordOf(crew, agent, task),
    role: agent.role,
    tier: agent.tier,
    model: agent.model,
    parent: agent.parent,
    token_hash: minted.hash,
    capability: minted.capability,
    ...(agent.parent === null ? {} : { handed: handedTo(agent.narrowed) }),
  });
}

/** What a later session could not tell from the capability, which is of one task: what the child was given less of, and when it ends. */
function handedTo({ files, limits = {}, untilMs, endsAtMs }: Narrowed = {}): Handed {
  const { maxComplexity, maxFunctionLines, maxExecutions, usd, tokens } = limits;
  return defined({
    asked: defined({
      files: files === undefined ? undefined : [...files],
      max_complexity: maxComplexity,
      max_function_lines: maxFunctionLines,
      max_executions: maxExecutions,
    }),
    usd,
    tokens,
    until_ms: untilMs,
    ends_at_ms: endsAtMs,
  });
}

/** A name no agent of this cycle has or had; undefined when too many were spawned, those that were ended included. */
function childId(crew: Crew, role: string): string | undefined {
  const known = crew.store.queries.agents(crew.cycle);
  const there = [...crew.agents.values()].map(({ id, parent }) => ({ agent: id, parent }));
  const children = new Set([...known, ...there].filter(({ parent }) => parent !== null).map(({ agent }) => agent));
  if (children.size >= MAX_SPAWNED) return undefined;
  const used = new Set([...crew.agents.keys(), ...known.map(({ agent }) => agent)]);
  const names = Array.from({ length: used.size + 1 }, (_, index) => `${role}-${index + 1}`);
  return names.find((name) => !used.has(name));
}

/** Why a wish is none that a capability could hold; an ordinary error, as for any input of the wrong form. */
function unfitWish(files: readonly string[], limits: Readonly<Record<string, number>>): string | undefined {
  const unknown = Object.keys(limits).find((name) => !Object.hasOwn(LEAST, name));
  if (unknown !== undefined) return `There is no limit ${unknown}; name any of ${Object.keys(LEAST).join(", ")}.`;
  const unfit = Object.entries(limits).find(
    ([name, value]) => !(value >= (LEAST[name] ?? 0)) || (name !== "usd" && !Number.isSafeInteger(value)),
  );
  if (unfit !== undefined) return `${unfit[1]} is no value for ${unfit[0]}.`;
  return unfitFiles(files);
}

function unfitFiles(files: readonly string[]): string | undefined {
  if (files.length > MAX_CAPABILITY_FILES) return `At most ${MAX_CAPABILITY_FILES} files can be handed on; name fewer.`;
  const nothing = files.find((file) => !patternCanMatch(file));
  return nothing === undefined ? undefined : `No file can be named ${JSON.stringify(nothing.slice(0, 200))}.`;
}

/** Asking for more than one may hand on is a reach outside the capability like any other. */
function refuseSpawn(crew: Crew, request: CoordinationRequest, denial: Denial): ToolRun {
  return { content: renderDenials([denial]), is_error: true, events: violationEvents(crew, request, denial), denial };
}

function refuseTask(crew: Crew, task: string, agent: CrewAgent): string | undefined {
  if (knownOwner(crew, task) === undefined) return `The plan has no task ${task}.`;
  const status = crew.statuses.get(task);
  if (!NOT_STARTED.has(status))
    return `${task} is ${status ?? "unknown"}; only a task that waits can be given to another agent.`;
  return refuseTier(crew, task, agent);
}

/** Why a task is no work for an agent: whoever has it now is of another tier, or no agent. */
function refuseTier(crew: Crew, task: string, agent: CrewAgent): string | undefined {
  const tier = [...crew.agents.values()].find(({ id }) => id === knownOwner(crew, task))?.tier;
  return tier === agent.tier ? undefined : `${task} is work for the ${tier ?? "unknown"} tier, not for ${agent.role}.`;
}

/** What is recorded of a task that is given to an agent, and is that agent's from now on. */
export function assignment(
  crew: Crew,
  request: CoordinationRequest,
  to: { task: string; agent: string },
): ReturnType<typeof eventAt> {
  crew.assigned.set(to.task, to.agent);
  const place = { ...request.records, stream: taskStream(crew.cycle, to.task), task: to.task };
  return eventAt(place, "TASK_ASSIGNED", { assignee: to.agent, by: request.proposal.who.agent });
}

/** Why a task under way cannot be given to an agent: there is none, its tier, or it was handed less than the task takes. */
export function refuseReassign(crew: Crew, task: string, agent: string): string | undefined {
  const found = crew.agents.get(agent);
  if (found === undefined) return `reassign needs one of the plan's agents; '${agent}' is none.`;
  const refusal = refuseTier(crew, task, found);
  if (refusal !== undefined) return refusal;
  const held = mintFor(crew, found, { task, kind: "work" });
  return held.ok ? undefined : renderDenials([held.error]);
}

/** `assign_task`: gives a task that waits to another agent of the same tier. A spawned one takes what was handed to it. */
export function assignTask(crew: Crew, request: CoordinationRequest): ToolRun {
  const { task, agent } = toolInputSchemas.assign_task.parse(request.proposal.what.args);
  const found = crew.agents.get(agent);
  if (found === undefined) return failed(`There is no agent ${agent}.`);
  const refusal = refuseTask(crew, task, found);
  if (refusal !== undefined) return failed(refusal);
  const held = mintFor(crew, found, { task, kind: "work" });
  if (!held.ok) return refuseSpawn(crew, request, { ...held.error, subject: request.proposal.who.agent });
  return {
    content: `${task} is now ${agent}'s.`,
    is_error: false,
    events: [assignment(crew, request, { task, agent })],
  };
}
