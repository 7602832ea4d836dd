import { DEFAULT_AGENTS, type Plan, type PlanPhase } from "../../schema/plan.js";
import type { PlanTask } from "../../schema/plan-task.js";
import type { Tier } from "../../schema/tier.js";
import { createOrder, type PlanOrder } from "../order.js";
import type { DataPath, Finding } from "../plan-fault.js";
import { valueAt } from "../schema-finding.js";

/** A task with its phase and its place in the file's data. */
export interface TaskEntry {
  task: PlanTask;
  phase: PlanPhase;
  path: DataPath;
}

/** What a lint rule looks at. */
export interface LintSubject {
  plan: Plan;
  /** The plan's own path as the user gave it, for the hard deny. */
  file: string;
  tasks: readonly TaskEntry[];
  /** First entry of each id. */
  taskById: ReadonlyMap<string, TaskEntry>;
  /** Names in the file, those of malformed parts included, so that one fault does not bring others. */
  known: {
    tasks: ReadonlySet<string>;
    phases: ReadonlySet<string>;
    agents: ReadonlySet<string>;
    targets: ReadonlySet<string>;
  };
  /** Tier of each agent, the shipped defaults of tiers without one included. */
  tiers: ReadonlyMap<string, Tier>;
  order: PlanOrder;
}

/** One lint rule: a pure function of the plan. */
export type LintRule = (subject: LintSubject) => Finding[];

function idsOf(list: unknown): string[] {
  if (!Array.isArray(list)) return [];
  return list.map((member) => valueAt(member, ["id"])).filter((id) => typeof id === "string");
}

function keysOf(record: unknown): string[] {
  return record !== null && typeof record === "object" ? Object.keys(record) : [];
}

/** Agents a plan can name: its own, and the shipped default of each tier it has none of (DESIGN §10). */
export function agentTiers(plan: Plan): Map<string, Tier> {
  const tiers = new Map(Object.entries(plan.agents).map(([name, agent]) => [name, agent.tier]));
  const present = new Set(tiers.values());
  for (const [name, { tier }] of Object.entries(DEFAULT_AGENTS)) {
    if (!present.has(tier) && !tiers.has(name)) tiers.set(name, tier);
  }
  return tiers;
}

/** Gathers what the rules need; `data` is the file's data before repairs. */
export function createSubject(plan: Plan, file: string, data: unknown): LintSubject {
  const tasks = plan.phases.flatMap((phase, phaseIndex) =>
    phase.tasks.map((task, index): TaskEntry => ({ task, phase, path: ["phases", phaseIndex, "tasks", index] })),
  );
  const raw = valueAt(data, ["phases"]);
  const tiers = agentTiers(plan);
  const rawTasks = Array.isArray(raw) ? raw.flatMap((phase) => idsOf(valueAt(phase, ["tasks"]))) : [];
  return {
    plan,
    file,
    tasks,
    taskById: new Map([...tasks].reverse().map((entry) => [entry.task.id, entry])),
    known: {
      tasks: new Set([...tasks.map(({ task }) => task.id), ...rawTasks]),
      phases: new Set([...plan.phases.map((phase) => phase.id), ...idsOf(raw)]),
      agents: new Set([...tiers.keys(), ...keysOf(valueAt(data, ["agents"]))]),
      targets: new Set([...Object.keys(plan.targets), ...keysOf(valueAt(data, ["targets"]))]),
    },
    tiers,
    order: createOrder(plan),
  };
}

const MAX_NAMES_SHOWN = 12;

/** `; known: a, b, c` for messages about unknown names. */
export function knownNames(names: Iterable<string>): string {
  const all = [...names];
  if (all.length === 0) return "; there are none";
  const more = all.length > MAX_NAMES_SHOWN ? `, and ${all.length - MAX_NAMES_SHOWN} more` : "";
  return `; known: ${all.slice(0, MAX_NAMES_SHOWN).join(", ")}${more}`;
}
