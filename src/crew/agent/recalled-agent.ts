import { TOKEN_TTL_MS } from "../../kernel/bounds.js";
import { defined } from "../../kernel/defined.js";
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
  const handed = spawned.handed ?? atMost(crew, spawned);
  const asked = handed.asked ?? { files: capability.write, ...capability.limits };
  const narrowed = defined({
    files: asked.files,
    limits: defined({
      maxComplexity: asked.max_complexity,
      maxFunctionLines: asked.max_function_lines,
      maxExecutions: asked.max_executions,
      usd: handed.usd,
      tokens: handed.tokens,
    }),
    untilMs: handed.asked === undefined ? endOfHandedOn(crew, parent ?? "", seq) : handed.until_ms,
    endsAtMs: handed.ends_at_ms,
  });
  crew.agents.set(agent.id, { ...template, id: agent.id, parent, narrowed });
}

/**
 * When what a spawner handed on ends, where the log does not say it: with the elevated grant it held then, at once where that is not on record;
 * undefined where it held none.
 */
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
