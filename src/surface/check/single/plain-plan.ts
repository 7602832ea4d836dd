import { lintPlan } from "../../../plan/lint/lint-plan.js";
import { planSchema } from "../../../schema/plan.js";
import { plainData } from "../plain-yaml.js";

/**
 * Whether a plan is one without an error, as far as can be told without the libraries of YAML and schemas: the build puts
 * `plain-schema.ts` in the place of the second. False says nothing: the whole program looks again. `path` is the plan's
 * place in the repository.
 */
export function isPlainPlan(text: string, path: string): boolean {
  const data = plainData(text);
  if (data === undefined) return false;
  const parsed = planSchema.safeParse(data);
  return parsed.success && !lintPlan(parsed.data, path, data).some(({ severity }) => severity === "error");
}
