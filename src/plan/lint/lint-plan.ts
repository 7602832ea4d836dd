import type { Plan } from "../../schema/plan.js";
import type { Finding } from "../plan-fault.js";
import { findPolicyFaults, findReviewFaults, findRiskFaults, findUnknownTools } from "./approval.js";
import { findHiddenCommands } from "./command.js";
import {
  findCheckpointFaults,
  findEarlyContext,
  findExpressionFaults,
  findOrphanOutputs,
  findPolicyExpressionFaults,
} from "./expression.js";
import { findDuplicates, findUnknownNames } from "./identity.js";
import { findCycles, findDecisions, findLaterPhaseNeeds, findTemplateFaults, findTooManyTasks } from "./order.js";
import { findBadPaths, findHardDenied, findVoidPaths } from "./path.js";
import { findActionFaults, findRolloutFaults } from "./rollout.js";
import { findBudgetFaults, findDeadlineFaults, findInputFaults, findOutputFaults, findOverlaps } from "./setting.js";
import { createSubject, type LintRule } from "./subject.js";
import {
  findIdleWaivers,
  findLooserLimits,
  findLooserTaskLimits,
  findTierBreaches,
  findUnverifiedCode,
} from "./tier.js";
import { findTriggerFaults, findZoneFaults } from "./trigger.js";

/** Every rule, in the order of the file's parts. None depends on another. */
const RULES: readonly LintRule[] = [
  findDuplicates,
  findUnknownNames,
  findCycles,
  findTemplateFaults,
  findLaterPhaseNeeds,
  findDecisions,
  findBadPaths,
  findHardDenied,
  findVoidPaths,
  findLooserLimits,
  findLooserTaskLimits,
  findTierBreaches,
  findUnverifiedCode,
  findIdleWaivers,
  findHiddenCommands,
  findCheckpointFaults,
  findExpressionFaults,
  findPolicyExpressionFaults,
  findEarlyContext,
  findOrphanOutputs,
  findUnknownTools,
  findPolicyFaults,
  findRiskFaults,
  findReviewFaults,
  findTriggerFaults,
  findZoneFaults,
  findRolloutFaults,
  findActionFaults,
  findInputFaults,
  findOutputFaults,
  findBudgetFaults,
  findDeadlineFaults,
  findOverlaps,
];

/**
 * Every semantic fault of a plan that has the format's shape. `data` is the file's data, from which
 * names of malformed parts are known.
 */
export function lintPlan(plan: Plan, file: string, data: unknown): Finding[] {
  const subject = createSubject(plan, file, data);
  const many = findTooManyTasks(subject);
  return many.length > 0 ? many : RULES.flatMap((rule) => rule(subject));
}
