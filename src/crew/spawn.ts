import { tokenHash } from "../capability/token.js";
import type { WorknodeRecord } from "../schema/memory.js";
import type { TaskStatus } from "../schema/states.js";
import { toolInputSchemas } from "../schema/tool.js";
import type { Denial } from "../schema/verdict.js";
import { type CallRequest, type ToolRun, violationEvents } from "./call-record.js";
import type { Crew, CrewAgent } from "./context.js";
import { renderDenials } from "./denial-text.js";
import { narrowedGrant } from "./grants.js";
import { cycleStream, eventAt, taskStream } from "./records.js";
import { failed, knownOwner } from "./tool-run.js";

/** Children one session may spawn: five agents must not become hundreds. */
const MAX_SPAWNED = 32;
const NOT_STARTED: ReadonlySet<TaskStatus | undefined> = new Set<TaskStatus | undefined>([
  "PENDING",
  "READY",
  "BLOCKED",
  undefined,
]);

/** An agent as a Worknode record (S3:180-193). */
export function recordOf(crew: Crew, agent: CrewAgent, task: string | null): WorknodeRecord {
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
export function spawnAgent(crew: Crew, request: CallRequest): ToolRun {
  const { role, task, files, limits, reason } = toolInputSchemas.spawn_agent.parse(request.proposal.what.args);
  const template = [...crew.agents.values()].find((agent) => agent.role === role);
  if (template === undefined) return failed(`The plan has no agent of the role ${role}.`);
  const refusal = refuseTask(crew, task, template);
  if (refusal !== undefined) return failed(refusal);
  const children = [...crew.agents.values()].filter((agent) => agent.parent !== null);
  if (children.length >= MAX_SPAWNED)
    return failed(`At most ${MAX_SPAWNED} agents may be spawned; work with those there are.`);
  const id = `${role}-${children.filter((agent) => agent.role === role).length + 1}`;
  const narrowed = { ...(files === undefined ? {} : { files }), ...(limits === undefined ? {} : { limits }) };
  const child: CrewAgent = { ...template, id, parent: request.proposal.who.agent, narrowed };
  const grant = narrowedGrant(crew, child, task);
  if (!grant.ok) return refuseSpawn(crew, request, { ...grant.error, subject: request.proposal.who.agent });
  const minted = crew.broker.mint(grant.value);
  crew.agents.set(id, child);
  const place = { ...request.records, stream: cycleStream(crew.cycle), task };
  const spawned = eventAt(place, "AGENT_SPAWNED", {
    agent: recordOf(crew, child, task),
    role,
    tier: child.tier,
    model: child.model,
    parent: child.parent,
    token_hash: tokenHash(minted.token),
    capability: minted.capability,
  });
  return {
    content: `Spawned ${id} for ${task}: ${reason}`,
    is_error: false,
    events: [spawned, assignment(crew, request, { task, agent: id })],
  };
}

/** Asking for more than one may hand on is a reach outside the capability like any other. */
function refuseSpawn(crew: Crew, request: CallRequest, denial: Denial): ToolRun {
  return { content: renderDenials([denial]), is_error: true, events: violationEvents(crew, request, denial) };
}

function refuseTask(crew: Crew, task: string, agent: CrewAgent): string | undefined {
  if (knownOwner(crew, task) === undefined) return `The plan has no task ${task}.`;
  const status = crew.statuses.get(task);
  if (!NOT_STARTED.has(status))
    return `${task} is ${status ?? "unknown"}; only a task that waits can be given to another agent.`;
  const tier = [...crew.agents.values()].find(({ id }) => id === knownOwner(crew, task))?.tier;
  return tier === agent.tier ? undefined : `${task} is work for the ${tier ?? "unknown"} tier, not for ${agent.role}.`;
}

function assignment(crew: Crew, request: CallRequest, to: { task: string; agent: string }): ReturnType<typeof eventAt> {
  crew.assigned.set(to.task, to.agent);
  const place = { ...request.records, stream: taskStream(crew.cycle, to.task), task: to.task };
  return eventAt(place, "TASK_ASSIGNED", { assignee: to.agent, by: request.proposal.who.agent });
}

/** `assign_task`: gives a task that waits to another agent of the same tier. */
export function assignTask(crew: Crew, request: CallRequest): ToolRun {
  const { task, agent } = toolInputSchemas.assign_task.parse(request.proposal.what.args);
  const found = crew.agents.get(agent);
  if (found === undefined) return failed(`There is no agent ${agent}.`);
  const refusal = refuseTask(crew, task, found);
  if (refusal !== undefined) return failed(refusal);
  return {
    content: `${task} is now ${agent}'s.`,
    is_error: false,
    events: [assignment(crew, request, { task, agent })],
  };
}

/** `terminate_agent`: ends a spawned child; its capability and those it handed on are revoked at once. */
export function terminateAgent(crew: Crew, request: CallRequest): ToolRun {
  const { agent_id, reason } = toolInputSchemas.terminate_agent.parse(request.proposal.what.args);
  const agent = crew.agents.get(agent_id);
  if (agent === undefined) return failed(`There is no agent ${agent_id}.`);
  if (agent.id === request.proposal.who.agent) return failed("An agent does not end itself; hand in your result.");
  if (agent.parent === null)
    return failed(
      `${agent_id} is an agent of the approved plan; only spawned agents can be ended. Assign its task to another.`,
    );
  crew.agents.delete(agent_id);
  const place = { ...request.records, stream: cycleStream(crew.cycle) };
  const capabilities = [...crew.held]
    .filter(([key]) => key.startsWith(`${agent_id}/`))
    .map(([, held]) => held.minted.capability.id);
  const owned = [...crew.assigned].filter(([, assignee]) => assignee === agent_id).map(([task]) => task);
  for (const task of owned) crew.assigned.delete(task);
  return {
    content: `${agent_id} ended: ${reason}`,
    is_error: false,
    events: [
      ...capabilities.map((id) => eventAt(place, "CAPABILITY_REVOKED", { id, reason })),
      eventAt(place, "AGENT_TERMINATED", { agent_id, reason }),
    ],
  };
}
