import { MAX_COMPLEXITY, MAX_FUNCTION_LINES, MIN_COVERAGE } from "../../kernel/bounds.js";
import type { CheckPolicy } from "../../schema/check-policy.js";

/**
 * What holds where a repository has no policy: the agents' limits, observed. Equal to what the schema makes of
 * `version: 1`, written out so that a check without a policy loads no schema.
 */
export const defaultPolicy: CheckPolicy = {
  version: 1,
  mode: "observe",
  appliesTo: "all",
  limits: {
    maxComplexity: MAX_COMPLEXITY,
    maxFunctionLines: MAX_FUNCTION_LINES,
    minLineCoverage: MIN_COVERAGE,
    maxUntestedFunctions: 0,
  },
  requireDocs: false,
  powerOfTen: "off",
  exclude: [],
  severities: {},
  agents: [],
  approvers: [],
  baseline: ".worknode/check-baseline.json",
  trust: ".worknode/trust.pem",
  provenance: "off",
};
