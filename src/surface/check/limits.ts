import { compileWriteSet } from "../../capability/write-set.js";
import type { ChangeLimits } from "../../measure/change-limits.js";
import type { CheckPolicy } from "../../schema/check-policy.js";
import type { JudgedPlan } from "./plan-rules.js";

/** What holds for one file. */
export interface FileLimits {
  readonly limits: ChangeLimits;
  /** Rules a person waived for the tasks that may write it. */
  readonly waivers: readonly string[];
}

/** The numbers a change is judged by: the policy's, and the plan's where they are tighter. */
export interface Limits {
  readonly requireDocs: boolean;
  readonly powerOfTen: "off" | "warn" | "enforce";
  readonly minLineCoverage: number;
  readonly maxUntestedFunctions: number;
  readonly notes: readonly string[];
  of(path: string): FileLimits;
}

/** Joins policy and plan: of two numbers the tighter one holds. */
export function limitsOf(policy: CheckPolicy, judged: JudgedPlan | undefined): Limits {
  const own = policy.limits;
  if (judged === undefined) {
    const all: FileLimits = { limits: own, waivers: [] };
    return { ...own, requireDocs: policy.requireDocs, powerOfTen: policy.powerOfTen, notes: [], of: () => all };
  }
  const { validation } = judged.plan.limits;
  return {
    requireDocs: policy.requireDocs || validation.requireDocs,
    powerOfTen: policy.powerOfTen === "enforce" ? "enforce" : validation.powerOfTen,
    minLineCoverage: Math.max(own.minLineCoverage, validation.minLineCoverage),
    maxUntestedFunctions: Math.min(own.maxUntestedFunctions, validation.maxUntestedFunctions),
    notes: judged.plan.waivers.map(({ rule, tasks, reason }) => `waived: ${rule} of ${tasks.join(", ")}: ${reason}`),
    of: planLimits(own, judged),
  };
}

/** Of several tasks that may write a file the loosest holds: each of them could have written it so. */
function planLimits(own: ChangeLimits, { plan, tasks }: JudgedPlan): (path: string) => FileLimits {
  const { maxComplexity, maxFunctionLines } = plan.limits.implementation;
  const known = tasks.map(({ id, files, limits }) => ({
    files: compileWriteSet(files.write),
    complexity: Math.min(own.maxComplexity, maxComplexity, limits.maxComplexity ?? maxComplexity),
    lines: Math.min(own.maxFunctionLines, maxFunctionLines, limits.maxFunctionLines ?? maxFunctionLines),
    waivers: plan.waivers.filter((waiver) => waiver.tasks.includes(id)).map(({ rule }) => rule as string),
  }));
  const widest = {
    maxComplexity: Math.min(own.maxComplexity, maxComplexity),
    maxFunctionLines: Math.min(own.maxFunctionLines, maxFunctionLines),
  };
  return (path) => {
    const writers = known.filter(({ files }) => files.has(path));
    if (writers.length === 0) return { limits: widest, waivers: [] };
    const waived = writers.map(({ waivers }) => waivers);
    return {
      limits: {
        maxComplexity: Math.max(...writers.map(({ complexity }) => complexity)),
        maxFunctionLines: Math.max(...writers.map(({ lines }) => lines)),
      },
      waivers: (waived[0] ?? []).filter((rule) => waived.every((rules) => rules.includes(rule))),
    };
  };
}
