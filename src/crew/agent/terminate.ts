import type { TaskStatus } from "../../schema/states.js";
import { toolInputSchemas } from "../../schema/tool.js";
import type { ToolRun } from "../call/call-record.js";
import { type Crew, taskOf } from "../state/context.js";
import { cycleStream, eventAt, taskStream } from "../state/records.js";
import { failed } from "../state/tool-run.js";
import { familyOf } from "./delegation.js";
import { assignment, type CoordinationRequest } from "./spawn.js";

/** Of tasks whose result stands, whoever was ended since. */
const ACCEPTED: ReadonlySet<TaskStatus | undefined> = new Set<TaskStatus | undefined>(["VERIFIED", "DONE"]);

/** `terminate_agent`: ends a spawned child and those it spawned; what they hold is revoked at once. */
export function terminateAgent(crew: Crew, request: CoordinationRequest): ToolRun {
  const { agent_id, reason } = toolInputSchemas.terminate_agent.parse(request.proposal.what.args);
  const agent = crew.agents.get(agent_id);
  if (agent === undefined) return failed(`There is no agent ${agent_id}.`);
  const family = familyOf(crew, agent_id);
  const asking = request.proposal.who.agent;
  if (family.has(asking)) return failed("An agent does not end itself or who spawned it; hand in your result.");
  if (agent.parent === null)
    return failed(
      `${agent_id} is an agent of the approved plan; only spawned agents can be ended. Assign its task to another.`,
    );
  if (crew.agents.get(asking)?.parent !== null && !familyOf(crew, asking).has(agent_id))
    return failed(`${agent_id} was spawned by ${agent.parent}; you can end those alone that you spawned.`);
  const place = { ...request.records, stream: cycleStream(crew.cycle) };
  for (const id of family) crew.agents.delete(id);
  return {
    content: `Ended ${[...family].join(", ")}: ${reason}`,
    is_error: false,
    events: [
      ...[...revoke(crew, family)].map((id) => eventAt(place, "CAPABILITY_REVOKED", { id, reason })),
      ...[...family].map((id) => eventAt(place, "AGENT_TERMINATED", { agent_id: id, reason })),
      ...takeBack(crew, request, family),
    ],
  };
}

/** Ids of all that a family holds and has handed on, here or by the log in another process; it is held no more. */
function revoke(crew: Crew, family: ReadonlySet<string>): Set<string> {
  const spawned = crew.store.events({ run: crew.cycle, type: "AGENT_SPAWNED" });
  const recorded = spawned.flatMap((event) => (event.type === "AGENT_SPAWNED" ? [event.payload.capability] : []));
  const ids = new Set(recorded.filter(({ agent }) => family.has(agent)).map(({ id }) => id));
  for (const [key, held] of crew.held) {
    const theirs = [...held.lineage, held].filter(({ minted }) => family.has(minted.capability.agent));
    for (const { minted } of theirs) ids.add(minted.capability.id);
    if (theirs.length > 0) crew.held.delete(key);
  }
  return ids;
}

/** Tasks of agents that were ended are their owners' again, those apart whose work was accepted; nobody is asked about a call of theirs any more. */
function takeBack(crew: Crew, request: CoordinationRequest, family: ReadonlySet<string>): ReturnType<typeof eventAt>[] {
  const theirs = [...crew.assigned].filter(([, assignee]) => family.has(assignee)).map(([task]) => task);
  const open = theirs.filter((task) => !ACCEPTED.has(crew.statuses.get(task)));
  const asked = crew.store.queries
    .pendingApprovals(crew.cycle)
    .filter(({ kind, task }) => kind === "call" && task !== null && open.includes(task));
  return [
    ...open.map((task) => assignment(crew, request, { task, agent: taskOf(crew, task).task.owner })),
    ...asked.map(({ id, task, proposal_hash }) =>
      eventAt({ ...request.records, stream: taskStream(crew.cycle, task ?? ""), task }, "APPROVAL_RESOLVED", {
        id,
        proposal_hash,
        decision: "rejected",
        by: "worknode",
        identity: null,
        reason: "the agent that was to make the call was ended",
      }),
    ),
  ];
}
