import type { Crew, CrewAgent, Held } from "../state/context.js";

/** When each agent's work on something began (epoch ms), by the name its capability is held under. */
const begun = new WeakMap<CrewAgent, Map<string, number>>();

/**
 * When an agent's `maxDuration` is over (epoch ms); null where the plan gives none. It counts from the first time the
 * agent is given a capability for a task in this session, over handovers, until its work ends.
 */
export function endOfWork(crew: Crew, agent: CrewAgent, key: string): number | null {
  if (agent.maxDurationMs === null) return null;
  const starts = begun.get(agent) ?? new Map<string, number>();
  begun.set(agent, starts);
  const start = starts.get(key) ?? crew.clock.nowMs();
  starts.set(key, start);
  return start + agent.maxDurationMs;
}

/** Ends an agent's work on something: the next time it begins anew. */
export function endWork(agent: CrewAgent, key: string): void {
  begun.get(agent)?.delete(key);
}

/** What is left until the plan's time or the agent's is over (ms, may be negative); null without such an end. */
export function timeLeftMs(crew: Crew, { endsAtMs }: Pick<Held, "endsAtMs">): number | null {
  const ends = [crew.endsAtMs, endsAtMs].filter((end) => end !== null);
  return ends.length === 0 ? null : Math.min(...ends) - crew.clock.nowMs();
}

/** Why an agent is asked no more, where its time is up. */
export function timeUpText(crew: Crew, agent: CrewAgent, { endsAtMs }: Pick<Held, "endsAtMs">): string | undefined {
  if (endsAtMs === null || crew.clock.nowMs() < endsAtMs) return undefined;
  return `the time of ${agent.id} is used up: its maxDuration is ${(agent.maxDurationMs ?? 0) / 60_000} min`;
}
