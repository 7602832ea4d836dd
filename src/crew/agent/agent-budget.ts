import { createGovernor, type Governor } from "../../model/governor.js";
import type { WorstCase } from "../../model/prices.js";
import type { Crew, CrewAgent } from "../state/context.js";
import { familyInLog, spawnersOf } from "./delegation.js";

const governors = new WeakMap<CrewAgent, Governor>();
/** Conversations whose agent's own budget refused a request, and what it said: a later one may find that others need less than they had reserved. */
const spent = new WeakMap<object, string>();

/**
 * Whose books an agent's requests are charged to: the plan's, or a budget of its own within its spawner's, so that what
 * children spend counts against those who spawned them and nobody gains money by spawning.
 */
export function governorOf(crew: Crew, agent: CrewAgent): Governor {
  let governor = crew.governor;
  for (const each of [...(spawnersOf(crew, agent) ?? []), agent]) {
    const { usd, tokens } = each.narrowed?.limits ?? {};
    if (usd === undefined && tokens === undefined) continue;
    const own = governors.get(each) ?? openBooks(crew, each, governor);
    governors.set(each, own);
    governor = own;
  }
  return governor;
}

/** The books of a spawned agent, with what it and those it spawned have spent in earlier sessions. */
function openBooks(crew: Crew, agent: CrewAgent, parent: Governor): Governor {
  const family = familyInLog(crew, agent.id);
  const rows = crew.store.queries.usage(crew.cycle).filter((row) => family.has(row.agent));
  const sum = (read: (row: (typeof rows)[number]) => number): number =>
    rows.reduce((total, row) => total + read(row), 0);
  const { usd = null, tokens = null } = agent.narrowed?.limits ?? {};
  return createGovernor({
    usd,
    tokens,
    spent: { usd: sum((row) => row.spent_usd), tokens: sum((row) => row.spent_tokens) },
    reserved: { usd: sum((row) => row.reserved_usd), tokens: sum((row) => row.reserved_tokens) },
    parent,
  });
}

/** Whether the plan itself could still pay: then it is the agent's own budget, or its spawner's, that is used up. */
export function planCanPay(crew: Crew, worst: WorstCase): boolean {
  const tried = crew.governor.reserve(worst);
  if (tried.ok) crew.governor.release(tried.value);
  return tried.ok;
}

/** Notes that the own budget of a conversation's agent pays for no more; the conversation ends, and the plan goes on. */
export function noteSpent(conversation: object, message: string): void {
  spent.set(conversation, `over the agent's own budget: ${message}`);
}

/** Why an agent is asked no more in a conversation, where its own budget does not pay for it. */
export function spentText(conversation: object): string | undefined {
  return spent.get(conversation);
}
