import type { Grant, Minted } from "../../capability/broker.js";
import { compileWriteSet } from "../../capability/write-set.js";
import { MAX_DELEGATION_DEPTH, TOKEN_TTL_MS } from "../../kernel/bounds.js";
import { err, ok, type Result } from "../../kernel/result.js";
import type { CapabilityLimits } from "../../schema/capability.js";
import type { ConversationKind } from "../../schema/conversation.js";
import type { Denial } from "../../schema/verdict.js";
import type { Crew, CrewAgent, Held } from "../state/context.js";
import { endOfWork } from "./agent-time.js";
import { grantFor, ttlOf } from "./grants.js";

const ORPHANED = "The agent that spawned this one was ended, and what it handed on with it";

/** The conversation a capability is for; a null task is none. */
export interface Purpose {
  readonly task: string | null;
  readonly kind: ConversationKind;
}

/**
 * What an agent holds in a conversation, minted on first use. An agent of the plan gets a capability of its own. A
 * spawned one gets a child of what its spawner was given to hand on: within it in every component, revoked and renewed
 * with it. A child that asks for more, or whose spawner was ended, is refused with ERROR_ATTENUATION; nothing is clipped.
 */
export function holdFor(crew: Crew, agent: CrewAgent, purpose: Purpose): Result<Held, Denial> {
  const key = heldKey(agent.id, purpose);
  const known = crew.held.get(key);
  if (known !== undefined) return ok(known);
  const made = mintFor(crew, agent, purpose);
  if (!made.ok) return made;
  const held = { ...made.value, endsAtMs: endOfWork(crew, agent, key) };
  crew.held.set(key, held);
  return ok(held);
}

/** The capability held under a name, minted on first use. */
export function holdCapability(crew: Crew, key: string, mint: () => Minted): Held {
  const known = crew.held.get(key);
  if (known !== undefined) return known;
  const held = heldOf(mint());
  crew.held.set(key, held);
  return held;
}

/** Under which name the crew holds an agent's capability for a conversation. */
export function heldKey(agent: string, { task, kind }: Purpose): string {
  return `${agent}/${task ?? "-"}/${kind}`;
}

/** Mints without keeping: how a spawn or an assignment is checked before anything is done. */
export function mintFor(crew: Crew, agent: CrewAgent, { task, kind }: Purpose): Result<Held, Denial> {
  const own = grantFor(crew, agent, task, kind);
  const spawners = spawnersOf(crew, agent);
  if (spawners === undefined) return err(lateFor(own, ORPHANED));
  const [root, ...others] = spawners;
  if (root === undefined) return ok(heldOf(crew.broker.mint(own, ttlOf(agent, crew))));
  const first = handedOn(crew, agent);
  if (first.ttlMs <= 0) return err(lateFor(own, "What it was handed came of an elevated grant, which has ended"));
  /** What the task allows, in the hands of a spawner, within the limits it works under itself. */
  const inHandsOf = (spawner: CrewAgent): Grant => {
    const limits = spawner.narrowed?.limits;
    const wide = { ...agent, narrowed: limits === undefined ? {} : { limits } };
    return { ...grantFor(crew, wide, task, kind), agent: spawner.id, role: spawner.role };
  };
  const minted = crew.broker.mint(inHandsOf(root), first.ttlMs);
  const lineage: Held[] = [{ ...heldOf(minted), renewable: first.renewable }];
  for (const asked of [...others.map(inHandsOf), { ...own, limits: { ...own.limits, ...wished(agent) } }]) {
    const child = crew.broker.attenuate((lineage.at(-1) as Held).minted, asked);
    if (!child.ok) return child;
    lineage.push(heldOf(child.value));
  }
  const held = lineage.pop() as Held;
  return ok({ ...held, lineage });
}

/** How long what a child was handed lives (ms): renewed as usual, or to the end of the elevated grant it came of. */
function handedOn(crew: Crew, { narrowed }: CrewAgent): { ttlMs: number; renewable: boolean } {
  const untilMs = narrowed?.untilMs;
  if (untilMs === undefined) return { ttlMs: TOKEN_TTL_MS, renewable: true };
  return { ttlMs: untilMs - crew.clock.nowMs(), renewable: false };
}

/** When what an agent hands on ends, where it holds an elevated grant or something that came of one. */
export function endOfGrant(crew: Crew, agent: CrewAgent): number | undefined {
  if (agent.narrowed?.untilMs !== undefined) return agent.narrowed.untilMs;
  const ttlMs = ttlOf(agent, crew);
  if (ttlMs === TOKEN_TTL_MS) return undefined;
  const theirs = [...crew.held.values()].map(({ minted }) => minted.capability).filter((one) => one.agent === agent.id);
  return Math.min(crew.clock.nowMs() + ttlMs, ...theirs.map(({ exp }) => exp));
}

/** A capability as it is held. What lives longer than usual is elevated, and not renewed. */
function heldOf(minted: Minted): Held {
  const { exp, nbf, write } = minted.capability;
  return { minted, writes: compileWriteSet(write), renewable: exp - nbf <= TOKEN_TTL_MS, endsAtMs: null, lineage: [] };
}

/** Who spawned an agent, and who spawned them, the plan's own agent first; undefined where one of them was ended. */
export function spawnersOf(crew: Crew, agent: CrewAgent): CrewAgent[] | undefined {
  const line: CrewAgent[] = [];
  let { parent } = agent;
  while (parent !== null && line.length <= MAX_DELEGATION_DEPTH) {
    const spawner = crew.agents.get(parent);
    if (spawner === undefined) return undefined;
    line.unshift(spawner);
    parent = spawner.parent;
  }
  return line;
}

/** An agent and all it spawned, directly or not. */
export function familyOf(crew: Crew, id: string): Set<string> {
  const family = new Set([id]);
  // a child is listed after its spawner, because it was added later
  for (const agent of crew.agents.values()) if (agent.parent !== null && family.has(agent.parent)) family.add(agent.id);
  return family;
}

/** The same by the log, those that were ended included. */
export function familyInLog(crew: Crew, id: string): Set<string> {
  const family = new Set([id]);
  const rows = crew.store.queries.agents(crew.cycle);
  for (let depth = 0; depth < MAX_DELEGATION_DEPTH; depth += 1)
    for (const { agent, parent } of rows) if (parent !== null && family.has(parent)) family.add(agent);
  return family;
}

/** Whether a spawned agent was ended while it worked. */
export function wasEnded(crew: Crew, agent: CrewAgent): boolean {
  return agent.parent !== null && crew.agents.get(agent.id) !== agent;
}

/** The limits exactly as a spawner asked for them, so that a looser wish is refused and not clipped. */
function wished(child: CrewAgent): Partial<CapabilityLimits> {
  const { maxComplexity, maxFunctionLines, maxExecutions } = child.narrowed?.limits ?? {};
  return {
    ...(maxComplexity === undefined ? {} : { max_complexity: maxComplexity }),
    ...(maxFunctionLines === undefined ? {} : { max_function_lines: maxFunctionLines }),
    ...(maxExecutions === undefined ? {} : { max_executions: maxExecutions }),
  };
}

function lateFor({ agent, task }: Grant, message: string): Denial {
  return {
    code: "ERROR_ATTENUATION",
    check: "capability",
    rule: "attenuation",
    message,
    subject: agent,
    object: task,
    remedy: "Give the task to an agent of the plan.",
    violation: true,
  };
}
