import { hash } from "node:crypto";
import { MAX_COMPLEXITY, MAX_FUNCTION_LINES } from "../kernel/bounds.js";
import { canonicalJson } from "../kernel/canonical.js";
import { judgeChange } from "../measure/judge-change.js";
import { isAnyTest, languageOf } from "../measure/language.js";
import type { Capability } from "../schema/capability.js";
import type { Proposal } from "../schema/proposal.js";
import { isToolName, toolInputSchemas } from "../schema/tool.js";
import type { CheckName } from "../schema/verdict.js";
import { checkCapability } from "./check-capability.js";
import { checkPlan } from "./check-plan.js";
import { missing, type Refusal } from "./denial.js";
import type { Image, JudgedCall, PolicyFact } from "./facts.js";
import { checkReview, checkRisk, isOverridden } from "./review.js";

/** One check of the gate: what it refuses, empty when it passes. Order and kinds are contract (DESIGN §7). */
export interface GateCheck {
  readonly name: CheckName;
  readonly kind: "permitted" | "safety" | "reviewed";
  readonly run: (call: JudgedCall) => Refusal[];
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

function checkSchema({ proposal, facts }: JudgedCall): Refusal[] {
  const { tool, args, args_hash } = proposal.what;
  if (!isToolName(tool)) return [invalidInput(tool, `there is no tool '${tool}'`)];
  const parsed = toolInputSchemas[tool].safeParse(args);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join(".") || "input"}: ${issue.message}`);
    return [invalidInput(tool, faults.join("; "))];
  }
  if (hashOfArgs(args) !== args_hash) return [invalidInput(tool, "args_hash is not the hash of the arguments")];
  return facts.inputFault === undefined ? [] : [invalidInput(tool, facts.inputFault)];
}

/** The hash a permit is bound to, in one shot for speed; undefined where the arguments have none (too deep). */
function hashOfArgs(args: Proposal["what"]["args"]): string | undefined {
  try {
    return hash("sha256", canonicalJson(args), "hex");
  } catch {
    return undefined;
  }
}

/** The rule that input which does not fit breaks. */
export const INPUT_RULE = "input-schema";

/** The refusal of input that does not fit: an ordinary error, not a violation. */
export function invalidInput(tool: string, why: string): Refusal {
  return {
    code: "ERROR_INVALID_INPUT",
    rule: INPUT_RULE,
    message: `Invalid input: ${why}`,
    object: tool,
    remedy: "Call one of the offered tools with input that fits its schema.",
    violation: false,
  };
}

/** The post-image of every file a structured write makes (S3:212-225). */
function checkLimits({ facts }: JudgedCall): Refusal[] {
  if (!facts.capability.ok) return facts.images.length === 0 ? [] : [missing("no limits to judge by")];
  const { limits } = facts.capability.value;
  const refusals: Refusal[] = [];
  for (const image of facts.images) refusals.push(...judgeImage(image, limits, facts.elsewhere));
  return refusals;
}

/** What the limits refuse in one post-image. A token cannot loosen the numbers of the tier (S3:50). */
export function judgeImage(
  image: Image,
  { max_complexity, max_function_lines }: Capability["limits"],
  elsewhere: ReadonlySet<string> | undefined,
): Refusal[] {
  const { path, after } = image;
  const before = image.base === undefined ? image.before : image.base;
  if (languageOf(path, after) === undefined) return [];
  const limits = {
    maxComplexity: Math.min(MAX_COMPLEXITY, max_complexity),
    maxFunctionLines: Math.min(MAX_FUNCTION_LINES, max_function_lines),
  };
  if (Number.isNaN(limits.maxComplexity) || Number.isNaN(limits.maxFunctionLines))
    return [missing("the limits are missing")];
  const known = elsewhere === undefined ? {} : { elsewhere };
  const findings = judgeChange({ path, before, after, limits, isTest: isAnyTest(path), ...known });
  return findings
    .filter((finding) => finding.blocks !== false)
    .map(({ code, rule, message, remedy, line, function: name }) => ({
      code,
      rule,
      message,
      object: name === null ? `${path}:${line}` : `${path}:${line} ${name}`,
      remedy,
    }));
}

function checkBudget({ facts }: JudgedCall): Refusal[] {
  const { executionsLeft, tokensLeft, usdLeft, timeLeftMs } = facts.budget;
  const refusals: Refusal[] = [];
  if (!(executionsLeft > 0)) refusals.push(overBudget("executions"));
  if (tokensLeft !== null && !(tokensLeft > 0)) refusals.push(overBudget("tokens"));
  if (usdLeft !== null && !(usdLeft > 0)) refusals.push(overBudget("usd"));
  if (timeLeftMs !== null && !(timeLeftMs > 0)) refusals.push(overBudget("time"));
  return refusals;
}

function overBudget(what: string): Refusal {
  return {
    code: "ERROR_OVER_BUDGET",
    rule: `budget-${what}`,
    message: `The budget of ${what} is used up`,
    object: what,
    remedy: "A person may add to the budget.",
    violation: false,
    escalate: true,
  };
}

/** Deny beats allow: one failing policy is enough. Advisory ones are only noted where they are evaluated. */
export function checkPolicy({ proposal, facts }: Pick<JudgedCall, "proposal" | "facts">): Refusal[] {
  if (facts.policies.length === 0) return [];
  return facts.policies
    .filter((policy) => !policy.pass && policy.level !== "advisory")
    .filter((policy) => policy.level !== "overridable" || !(policy.overridden || isOverridden(proposal, facts)))
    .map(policyRefusal);
}

function policyRefusal({ id, level, reason }: PolicyFact): Refusal {
  const mayOverride = level === "overridable";
  return {
    code: "ERROR_POLICY",
    rule: id,
    message: `Policy ${id} (${level}) does not allow this: ${reason}`,
    object: id,
    remedy: mayOverride ? "A person may override this policy." : "Nothing overrides a mandatory policy.",
    violation: false,
    escalate: mayOverride,
  };
}
