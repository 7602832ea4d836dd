import { judgeChange } from "../measure/judge-change.js";
import { isTestFile } from "../measure/language.js";
import type { Proposal } from "../schema/proposal.js";
import { isToolName, toolInputSchemas } from "../schema/tool.js";
import type { CheckName, DenialCode } from "../schema/verdict.js";
import { checkPlan, missing } from "./check-plan.js";
import type { Refusal } from "./denial.js";
import type { GateFacts, Image } from "./facts.js";
import { checkReview } from "./review.js";
import { riskOf } from "./risk.js";

/** One check of the gate: what it refuses, empty when it passes. Order and kinds are contract (DESIGN §7). */
export interface GateCheck {
  readonly name: CheckName;
  readonly kind: "permitted" | "safety" | "reviewed";
  readonly run: (proposal: Proposal, facts: GateFacts) => Refusal[];
}

/** The checks in the order they are run and reported. */
export const GATE_CHECKS: readonly GateCheck[] = [
  { name: "schema", kind: "permitted", run: checkSchema },
  { name: "capability", kind: "permitted", run: checkCapability },
  { name: "plan", kind: "permitted", run: checkPlan },
  { name: "limits", kind: "safety", run: checkLimits },
  { name: "budget", kind: "safety", run: checkBudget },
  { name: "policy", kind: "safety", run: checkPolicy },
  { name: "risk", kind: "safety", run: checkRisk },
  { name: "review", kind: "reviewed", run: checkReview },
];

function checkSchema(proposal: Proposal, facts: GateFacts): Refusal[] {
  const { tool, args } = proposal.what;
  if (!isToolName(tool)) return [invalidInput(tool, `there is no tool '${tool}'`)];
  const parsed = toolInputSchemas[tool].safeParse(args);
  if (parsed.success) return facts.inputFault === undefined ? [] : [invalidInput(tool, facts.inputFault)];
  const faults = parsed.error.issues.map((issue) => `${issue.path.join(".") || "input"}: ${issue.message}`);
  return [invalidInput(tool, faults.join("; "))];
}

function invalidInput(tool: string, why: string): Refusal {
  return {
    code: "ERROR_INVALID_INPUT",
    rule: "input-schema",
    message: `Invalid input: ${why}`,
    object: tool,
    remedy: "Call one of the offered tools with input that fits its schema.",
    violation: false,
  };
}

function checkCapability(proposal: Proposal, facts: GateFacts): Refusal[] {
  if (facts.killed) return [killed()];
  if (!facts.capability.ok) return [capabilityRefusal(proposal, `the capability is ${facts.capability.error}`)];
  const capability = facts.capability.value;
  const { who, what, when } = proposal;
  const same = capability.agent === who.agent && capability.tier === who.tier && capability.task === who.task;
  if (!same) return [capabilityRefusal(proposal, "the capability belongs to another agent, tier or task")];
  if (capability.cycle !== when.cycle || capability.phase !== when.phase)
    return [capabilityRefusal(proposal, "the capability belongs to another cycle or phase")];
  if (!capability.tools.includes(what.tool)) return [capabilityRefusal(proposal, `it does not hold the tool ${what.tool}`)];
  return [];
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

/** The post-image of every file a structured write makes (S3:212-225). */
function checkLimits(_proposal: Proposal, facts: GateFacts): Refusal[] {
  if (!facts.capability.ok) return facts.images.length === 0 ? [] : [missing("no limits to judge by")];
  const { max_complexity, max_function_lines } = facts.capability.value.limits;
  const limits = { maxComplexity: max_complexity, maxFunctionLines: max_function_lines };
  return facts.images.flatMap((image) => judgeImage(image, limits, facts.elsewhere));
}

/** What the limits refuse in one post-image. */
export function judgeImage(
  image: Image,
  limits: { maxComplexity: number; maxFunctionLines: number },
  elsewhere: ReadonlySet<string> | undefined,
): Refusal[] {
  const { path, before, after } = image;
  const known = elsewhere === undefined ? {} : { elsewhere };
  const findings = judgeChange({ path, before, after, limits, isTest: isTestFile(path), ...known });
  return findings
    .filter((finding) => finding.blocks)
    .map((finding) => ({
      code: finding.code as DenialCode,
      rule: finding.rule,
      message: finding.message,
      object: finding.function === null ? `${path}:${finding.line}` : `${path}:${finding.line} ${finding.function}`,
      remedy: finding.remedy,
    }));
}

function checkBudget(_proposal: Proposal, facts: GateFacts): Refusal[] {
  const { executionsLeft, tokensLeft, usdLeft, timeLeftMs } = facts.budget;
  const rows: [string, number | null][] = [
    ["executions", executionsLeft],
    ["tokens", tokensLeft],
    ["usd", usdLeft],
    ["time", timeLeftMs],
  ];
  return rows
    .filter(([, left]) => left !== null && !(left > 0))
    .map(([what]) => ({
      code: "ERROR_OVER_BUDGET",
      rule: `budget-${what}`,
      message: `The budget of ${what} is used up`,
      object: what,
      remedy: "A person may add to the budget.",
      violation: false,
      escalate: true,
    }));
}

function checkPolicy(_proposal: Proposal, facts: GateFacts): Refusal[] {
  return facts.policies
    .filter((policy) => !policy.pass && policy.level !== "advisory")
    .filter((policy) => !(policy.level === "overridable" && policy.overridden))
    .map((policy) => ({
      code: "ERROR_POLICY",
      rule: policy.id,
      message: `Policy ${policy.id} (${policy.level}) does not allow this: ${policy.reason}`,
      object: policy.id,
      remedy: policy.level === "overridable" ? "A person may override this policy." : "Nothing overrides a mandatory policy.",
      violation: false,
      escalate: policy.level === "overridable",
    }));
}

/** The score itself refuses only what is not a number; what it asks for is the review's to find. */
function checkRisk(proposal: Proposal, facts: GateFacts): Refusal[] {
  return Number.isFinite(riskOf(proposal, facts)) ? [] : [missing("the risk has no score")];
}
