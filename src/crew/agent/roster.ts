import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { Fault, invalid } from "../../kernel/fault.js";
import { resolveModel } from "../../model/aliases.js";
import { type AgentFile, parseAgentFile } from "../../plan/agent-file.js";
import { parseTierProfile, type TierProfile } from "../../plan/tier-profile.js";
import type { Plan, PlanAgent } from "../../schema/plan.js";
import type { Runtime } from "../../schema/runtime.js";
import type { Tier } from "../../schema/tier.js";
import type { CrewAgent } from "../state/context.js";

/** Shipped agent file of a tier, for roles without one of their own. */
const TIER_FILE: Readonly<Record<Tier, string>> = {
  executive: "executive",
  implementation: "implementer",
  validation: "validator",
};

const TIERS = ["executive", "implementation", "validation"] as const;

/** The agents of a plan, what they were read from, and the limits they work under. */
export interface Roster {
  readonly agents: Map<string, CrewAgent>;
  /** Files read from the repository. */
  readonly loaded: Set<string>;
  readonly limits: Plan["limits"];
}

/** Where agent files are looked for. */
export interface RosterPlaces {
  /** worknode's own `agents/` and `capabilities/`. */
  readonly shipped: string;
  readonly profiles: string;
  readonly root: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For all agents, whatever plan and files say (`run --runtime`). */
  readonly runtime?: Runtime | undefined;
}

/** The plan's agents, and the shipped default of each tier the plan has none of. `loaded`: files read from the repository. */
export function callRoster(plan: Plan, places: RosterPlaces): Roster {
  const agents = new Map<string, CrewAgent>();
  const loaded = new Set<string>();
  for (const [id, agent] of Object.entries(plan.agents)) agents.set(id, enlist(id, agent, { places, loaded }));
  for (const tier of TIERS) {
    if ([...agents.values()].some((agent) => agent.tier === tier)) continue;
    const id = TIER_FILE[tier];
    const added = { tier, memoryBudget: 200_000, maxDuration: null, grants: [] } as PlanAgent;
    agents.set(id, enlist(id, added, { places, loaded }));
  }
  return { agents, loaded, limits: narrowLimits(plan.limits, places) };
}

/** What is wrong with the files of a plan's agents, each named by its agent; what `callRoster` throws is one of them. */
export function rosterFaults(plan: Plan, places: RosterPlaces): { agent: string; message: string }[] {
  return Object.entries(plan.agents).flatMap(([agent, spec]) => {
    try {
      enlist(agent, spec, { places, loaded: new Set() });
      return [];
    } catch (thrown) {
      if (thrown instanceof Fault) return [{ agent, message: thrown.message }];
      throw thrown;
    }
  });
}

/** The plan's limits, tightened by the profiles the repository has of its own (S3:50). */
function narrowLimits(limits: Plan["limits"], places: RosterPlaces): Plan["limits"] {
  const profiles = TIERS.filter((tier) => existsSync(ownProfile(tier, places))).map(
    (tier) => findProfile(tier, places).limits,
  );
  const least = (name: keyof TierProfile["limits"], bound: number): number =>
    Math.min(bound, ...profiles.map((profile) => profile[name]).filter((value) => typeof value === "number"));
  const { implementation, validation, executive } = limits;
  return {
    implementation: {
      ...implementation,
      maxComplexity: least("maxComplexity", implementation.maxComplexity),
      maxFunctionLines: least("maxFunctionLines", implementation.maxFunctionLines),
      maxExecutions: least("maxExecutions", implementation.maxExecutions),
    },
    validation: {
      ...validation,
      minLineCoverage: Math.max(
        validation.minLineCoverage,
        ...profiles.map(({ minLineCoverage = 0 }) => minLineCoverage),
      ),
    },
    executive: {
      ...executive,
      planDeviationAlert: least("planDeviationAlert", executive.planDeviationAlert),
      reviewEvery: least("reviewEvery", executive.reviewEvery),
    },
  };
}

interface Search {
  places: RosterPlaces;
  loaded: Set<string>;
}

function enlist(id: string, agent: PlanAgent, search: Search): CrewAgent {
  const file = findFile(id, agent, search);
  const profile = findProfile(agent.tier, search.places);
  if (file.tier !== agent.tier)
    throw invalid(
      "AGENT_TIER",
      `agent ${id} is of tier ${agent.tier} in the plan, and its file ${file.name} says ${file.tier}.`,
    );
  return {
    id,
    role: id,
    tier: agent.tier,
    model: resolveModel(agent.model ?? file.model ?? profile.model, search.places.env),
    runtime: search.places.runtime ?? agent.runtime ?? file.runtime ?? "api",
    system: file.prompt,
    tools: narrow(profile.tools, file.tools, agent.tools ?? []),
    memoryTokens: agent.memoryBudget,
    maxDurationMs: agent.maxDuration,
    parent: null,
  };
}

/** What every list allows; an empty list allows all. */
function narrow(...lists: readonly (readonly string[])[]): string[] {
  const given = lists.filter((list) => list.length > 0);
  return [...(given[0] ?? [])].filter((tool) => given.every((list) => list.includes(tool)));
}

function ownProfile(tier: Tier, { root }: RosterPlaces): string {
  return join(root, ".worknode", "capabilities", `${tier}.yaml`);
}

/** The repository's profile of a tier, else worknode's. Looser than the built-in numbers is Fault PROFILE_INVALID. */
function findProfile(tier: Tier, places: RosterPlaces): TierProfile {
  const own = ownProfile(tier, places);
  const path = existsSync(own) ? own : join(places.profiles, `${tier}.yaml`);
  const parsed = parseTierProfile(read(path), path);
  if (!parsed.ok) throw invalid("PROFILE_INVALID", parsed.error);
  if (parsed.value.tier !== tier)
    throw invalid("PROFILE_INVALID", `${path} is a profile of the ${parsed.value.tier} tier`);
  return parsed.value;
}

/** The named instructions, else the repository's file of that name, else worknode's, else the tier's own. */
function findFile(id: string, agent: PlanAgent, search: Search): AgentFile {
  const { places, loaded } = search;
  if (agent.instructions !== undefined) {
    const own = join(places.root, agent.instructions);
    if (existsSync(own)) {
      loaded.add(agent.instructions);
      return parse(own);
    }
    const shipped = join(places.shipped, basename(agent.instructions));
    if (agent.instructions.startsWith("agents/") && existsSync(shipped)) return parse(shipped);
    throw invalid(
      "AGENT_MISSING",
      `agent ${id} names the instructions ${agent.instructions}, and there is no such file. Write it, or leave 'instructions' out.`,
    );
  }
  const override = join(places.root, ".worknode", "agents", `${id}.md`);
  if (existsSync(override)) return parse(override);
  const shipped = join(places.shipped, `${id}.md`);
  return parse(existsSync(shipped) ? shipped : join(places.shipped, `${TIER_FILE[agent.tier]}.md`));
}

function parse(path: string): AgentFile {
  const parsed = parseAgentFile(read(path), path);
  if (!parsed.ok) throw invalid("AGENT_INVALID", parsed.error);
  return parsed.value;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw invalid("AGENT_MISSING", `cannot read ${path}. Restore it.`, cause);
  }
}
