import { TOKEN_TTL_MS } from "../../kernel/bounds.js";
import type { AnyEvent, EventPayload } from "../../schema/event.js";
import type { Handed } from "../../schema/event-conversation.js";
import type { Crew } from "../state/context.js";
import { endOfSpawner } from "./agent-time.js";
import { ttlOf } from "./grants.js";

/** Children that earlier sessions spawned are there again; those that were ended are not. */
export function recallAgent(crew: Crew, event: AnyEvent): void {
  if (event.type === "AGENT_TERMINATED") crew.agents.delete(event.payload.agent_id);
  if (event.type === "AGENT_SPAWNED" && event.payload.parent !== null) recallChild(crew, event.payload, event.seq);
}

/** A child an earlier session spawned is there again, as narrow as it was. `seq`: where the log says so. */
function recallChild(crew: Crew, spawned: EventPayload<"AGENT_SPAWNED">, seq: number): void {
  const { role, parent, agent, capability } = spawned;
  const template = crew.agents.get(role);
  if (template === undefined) return;
  const { max_complexity, max_function_lines, max_executions } = capability.limits;
  const { usd, tokens, ends_at_ms: endsAtMs } = spawned.handed ?? atMost(crew, spawned);
  const limits = {
    maxComplexity: max_complexity,
    maxFunctionLines: max_function_lines,
    maxExecutions: max_executions,
    ...(usd === undefined ? {} : { usd }),
    ...(tokens === undefined ? {} : { tokens }),
  };
  const untilMs = endOfHandedOn(crew, parent ?? "", seq);
  const narrowed = {
    files: capability.write,
    limits,
    ...(untilMs === undefined ? {} : { untilMs }),
    ...(endsAtMs === undefined ? {} : { endsAtMs }),
  };
  crew.agents.set(agent.id, { ...template, id: agent.id, parent, narrowed });
}

/** When what a spawner handed on ends: with the elevated grant it held then, at once where that is not on record; undefined where it held none. */
function endOfHandedOn(crew: Crew, spawner: string, seq: number): number | undefined {
  const agent = crew.agents.get(spawner);
  if (agent?.narrowed?.untilMs !== undefined) return agent.narrowed.untilMs;
  if (agent === undefined || ttlOf(agent, crew) === TOKEN_TTL_MS) return undefined;
  const events = crew.store.events({ run: crew.cycle, type: "AGENT_SPAWNED" });
  const grants = events.flatMap((event) => (event.type === "AGENT_SPAWNED" && event.seq < seq ? [event.payload] : []));
  return grants.findLast((grant) => grant.agent.id === spawner)?.capability.exp ?? 0;
}

/** What a log that does not say it leaves a child: the budget of its capability, and no time where its spawner's was limited. */
function atMost(crew: Crew, { capability, parent }: EventPayload<"AGENT_SPAWNED">): Handed {
  const spawner = crew.agents.get(parent ?? "");
  const isTimed = spawner !== undefined && endOfSpawner(crew, spawner, { endsAtMs: null }) !== null;
  const bounds = Object.entries(capability.budget).filter(([, bound]) => bound !== null);
  return { ...Object.fromEntries(bounds), ...(isTimed ? { ends_at_ms: 0 } : {}) };
}
