import { type Plan, planSchema } from "../schema/plan.js";
import { parseYaml } from "./document.js";
import { lintPlan } from "./lint/lint-plan.js";
import { type PlanFault, sortFaults } from "./plan-fault.js";
import { findingsOf } from "./schema-finding.js";

/** A plan, when its text has the format's shape, and every fault found in one pass. */
export interface LoadedPlan {
  readonly plan: Plan | undefined;
  readonly faults: PlanFault[];
}

/** Parses, validates and lints a plan. Never throws. `plan` may be there beside faults: check those first. */
export function loadPlan(text: string, _path: string): LoadedPlan {
  const document = parseYaml(text);
  if (document.data === undefined) return { plan: undefined, faults: document.faults };
  const parsed = planSchema.safeParse(document.data);
  const findings = parsed.success ? lintPlan(parsed.data) : parsed.error.issues.flatMap((issue) => findingsOf(issue, document.data));
  const faults = findings.map(({ path, code, message, severity }) => {
    const place = code === "unknown-key" ? document.locateKey(path) : document.locate(path);
    return { ...place, code, message, severity };
  });
  return { plan: parsed.success ? parsed.data : undefined, faults: sortFaults([...document.faults, ...faults]) };
}
