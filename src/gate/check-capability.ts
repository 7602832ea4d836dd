import type { Capability } from "../schema/capability.js";
import type { Proposal } from "../schema/proposal.js";
import type { Tier } from "../schema/tier.js";
import { isStewardTool, isToolName } from "../schema/tool.js";
import type { Refusal } from "./denial.js";
import type { GateFacts, JudgedCall } from "./facts.js";

/** Who worknode is when it makes calls of its own. */
const STEWARD = { agent: "worknode", role: "steward" } as const;

/** Tools that belong to some tiers, whatever a token says (DESIGN §5). */
const TIERS_OF_TOOL: ReadonlyMap<string, readonly Tier[]> = new Map<string, readonly Tier[]>([
  ["Bash", ["implementation", "validation"]],
  ["submit_plan_review", ["executive"]],
  ["resolve_escalation", ["executive"]],
  ["spawn_agent", ["executive"]],
  ["terminate_agent", ["executive"]],
  ["assign_task", ["executive"]],
  ["submit_verdict", ["validation"]],
]);

/**
 * The capability check: kill switch, validity, identity, plan, tier and tool. A tool that does not exist is input that
 * does not fit: refused, and no violation (DESIGN §3).
 */
export function checkCapability({ proposal, facts }: JudgedCall): Refusal[] {
  if (facts.killed) return [killed()];
  if (!facts.capability.ok) return [capabilityRefusal(proposal, `the capability is ${facts.capability.error}`)];
  const refusal = refusalOf(proposal, { capability: facts.capability.value, facts });
  if (refusal === undefined) return [];
  return [isToolName(proposal.what.tool) ? refusal : { ...refusal, violation: false }];
}

function refusalOf(proposal: Proposal, held: { capability: Capability; facts: GateFacts }): Refusal | undefined {
  const { capability, facts } = held;
  const fault = timeFault(capability, facts.nowMs) ?? identityFault(proposal, capability) ?? placeFault(proposal, held);
  if (fault === undefined && lacksSandbox(proposal, held)) return noSandbox();
  const told = fault ?? toolFault(proposal.what.tool, capability);
  return told === undefined ? undefined : capabilityRefusal(proposal, told);
}

/** Whether a command is asked for that the agent was not given as none can be confined here. */
function lacksSandbox(
  { what }: Proposal,
  { capability, facts }: { capability: Capability; facts: GateFacts },
): boolean {
  if (what.tool !== "Bash" || facts.unconfined !== true || capability.tools.includes("Bash")) return false;
  return TIERS_OF_TOOL.get("Bash")?.includes(capability.tier) === true;
}

function timeFault(capability: Capability, nowMs: number): string | undefined {
  if (!(nowMs >= capability.nbf)) return "the capability is not-yet-valid";
  return nowMs < capability.exp ? undefined : "the capability is expired";
}

function identityFault(proposal: Proposal, capability: Capability): string | undefined {
  const { agent, tier, task } = proposal.who;
  const same = capability.agent === agent && capability.tier === tier && capability.task === task;
  return same ? undefined : "the capability belongs to another agent, tier or task";
}

function placeFault(
  proposal: Proposal,
  { capability, facts }: { capability: Capability; facts: GateFacts },
): string | undefined {
  const { cycle, phase } = proposal.when;
  if (capability.cycle !== cycle || capability.phase !== phase)
    return "the capability belongs to another cycle or phase";
  if (facts.planHash === undefined || facts.planHash === capability.plan_hash) return undefined;
  return "the capability belongs to another plan";
}

function toolFault(tool: string, capability: Capability): string | undefined {
  if (!capability.tools.includes(tool)) return `it does not hold the tool ${tool}`;
  const isSteward = capability.agent === STEWARD.agent && capability.role === STEWARD.role;
  if (isStewardTool(tool) !== isSteward) return `${tool} is ${isSteward ? "an agent's" : "worknode's own"}`;
  const tiers = TIERS_OF_TOOL.get(tool);
  return tiers?.includes(capability.tier) === false ? `${tool} belongs to the ${tiers.join(" and ")} tier` : undefined;
}

function capabilityRefusal(proposal: Proposal, why: string): Refusal {
  return {
    code: "ERROR_CAPABILITY",
    rule: "capability",
    message: `Not within the agent's capability: ${why}`,
    object: proposal.what.tool,
    remedy: "Use the tools you were given.",
  };
}

/** As worded for a model; a person is told by `doctor`. */
function noSandbox(): Refusal {
  return {
    code: "ERROR_CAPABILITY",
    rule: "capability",
    message: "Not within the agent's capability: this machine has no sandbox, so no command runs",
    object: "Bash",
    remedy:
      "Do it with the file tools you were given; where it takes a command, say so in your report. " +
      "`worknode doctor` tells a person how to get a sandbox.",
  };
}

function killed(): Refusal {
  return {
    code: "ERROR_KILLED",
    rule: "kill-switch",
    message: "The kill switch is on: nothing runs",
    object: "worknode kill",
    remedy: "A person starts the run again with `worknode continue`.",
    violation: false,
    escalate: true,
  };
}
