import type { Crew, CrewAgent, Held } from "../state/context.js";

/** When each agent's work on something began (epoch ms), by the name its capability is held under. */
const begun = new WeakMap<CrewAgent, Map<string, number>>();

/**
 * When an agent's time is over (epoch ms); null where nothing ends it. Its `maxDuration` counts from the first time it is
 * given a capability for a task in this session, over handovers, until its work ends; a spawned one has no time that its
 * spawner had not, in whichever session.
 */
export function endOfWork(crew: Crew, agent: CrewAgent, key: string): number | null {
  return soonest(endOfDuration(crew, agent, key), agent.narrowed?.endsAtMs ?? null);
}

/** When the time of what an agent spawns now is over at the latest: with its own, counted from now where it does no task. */
export function endOfSpawner(crew: Crew, spawner: CrewAgent, held: Pick<Held, "endsAtMs">): number | null {
  const { maxDurationMs, narrowed } = spawner;
  const fromNow = maxDurationMs === null ? null : crew.clock.nowMs() + maxDurationMs;
  return soonest(held.endsAtMs ?? fromNow, narrowed?.endsAtMs ?? null);
}

function soonest(...ends: readonly (number | null)[]): number | null {
  const known = ends.filter((end) => end !== null);
  return known.length === 0 ? null : Math.min(...known);
}

function endOfDuration(crew: Crew, agent: CrewAgent, key: string): number | null {
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
  const end = soonest(crew.endsAtMs, endsAtMs);
  return end === null ? null : end - crew.clock.nowMs();
}

/** Why an agent is asked no more, where its time is up. */
export function timeUpText(crew: Crew, agent: CrewAgent, { endsAtMs }: Pick<Held, "endsAtMs">): string | undefined {
  if (endsAtMs === null || crew.clock.nowMs() < endsAtMs) return undefined;
  if (endsAtMs === agent.narrowed?.endsAtMs)
    return `the time of ${agent.id} is used up: it ends with the maxDuration of ${agent.parent}, which spawned it`;
  return `the time of ${agent.id} is used up: its maxDuration is ${(agent.maxDurationMs ?? 0) / 60_000} min`;
}
