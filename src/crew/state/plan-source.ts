import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { sha256Hex } from "../../kernel/canonical.js";
import { invalid, messageOf } from "../../kernel/fault.js";
import { loadPlan } from "../../plan/load-plan.js";
import { formatFault } from "../../plan/plan-fault.js";
import { unsupported } from "../../plan/unsupported.js";
import type { Plan } from "../../schema/plan.js";

/** A plan as a cycle uses it. `hash` is SHA-256 of the exact bytes: what a person approves. */
export interface PlanSource {
  readonly plan: Plan;
  readonly text: string;
  readonly hash: string;
  readonly path: string;
}

/** Reads, lints and checks a plan for what cannot be run yet. Throws Fault PLAN_MISSING, PLAN_INVALID, NOT_SUPPORTED (exit 2). */
export function readPlan(path: string, cwd: string): PlanSource {
  return parsePlan(readPlanText(path, cwd), resolve(cwd, path));
}

/** A plan's text. Throws Fault PLAN_MISSING (exit 2). */
export function readPlanText(path: string, cwd: string): string {
  try {
    return readFileSync(resolve(cwd, path), "utf8");
  } catch (cause) {
    throw invalid(
      "PLAN_MISSING",
      `cannot read the plan '${path}' (${messageOf(cause)}). Give the path of a plan's YAML file.`,
      cause,
    );
  }
}

/** The same for a text already at hand, for example the one a cycle was started with. */
export function parsePlan(text: string, path: string): PlanSource {
  const { plan, faults } = loadPlan(text, path);
  const errors = faults.filter(({ severity }) => severity === "error");
  if (plan === undefined || errors.length > 0)
    throw invalid(
      "PLAN_INVALID",
      `the plan has ${errors.length} fault(s):\n${errors.map((fault) => formatFault(path, fault)).join("\n")}`,
    );
  const later = unsupported(plan);
  if (later.length > 0)
    throw invalid(
      "NOT_SUPPORTED",
      `the plan uses what is not supported yet:\n${later.map((fault) => formatFault(path, fault)).join("\n")}`,
    );
  return { plan, text, hash: sha256Hex(text), path };
}
