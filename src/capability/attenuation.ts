import { MAX_DELEGATION_DEPTH } from "../kernel/bounds.js";
import type { Capability } from "../schema/capability.js";
import { uncoveredEntry } from "./write-set.js";

type Rule = (child: Capability, parent: Capability) => string | undefined;

/** Each component a child must not exceed; the text says which one does and how. */
const RULES: readonly Rule[] = [
  (child, parent) => differs("project", child.project, parent.project),
  (child, parent) => differs("cycle", child.cycle, parent.cycle),
  (child, parent) => differs("plan_hash", child.plan_hash, parent.plan_hash),
  (child, parent) => differs("phase", child.phase, parent.phase),
  (child, parent) => differs("task", child.task, parent.task),
  (child, parent) => differs("tier", child.tier, parent.tier),
  (child, parent) => differs("epoch", child.epoch, parent.epoch),
  (child, parent) => (child.depth === parent.depth + 1 ? undefined : `depth ${child.depth} below ${parent.depth}`),
  (child) => exceeds("depth", child.depth, MAX_DELEGATION_DEPTH),
  (child, parent) =>
    missing(
      "tools",
      child.tools.find((tool) => !parent.tools.includes(tool)),
    ),
  (child, parent) => missing("write", uncoveredEntry(child.write, parent.write)),
  (child, parent) => exceeds("limits.max_complexity", child.limits.max_complexity, parent.limits.max_complexity),
  (child, parent) =>
    exceeds("limits.max_function_lines", child.limits.max_function_lines, parent.limits.max_function_lines),
  (child, parent) => exceeds("limits.max_executions", child.limits.max_executions, parent.limits.max_executions),
  (child, parent) => exceeds("budget.usd", child.budget.usd, parent.budget.usd),
  (child, parent) => exceeds("budget.tokens", child.budget.tokens, parent.budget.tokens),
  (child, parent) => exceeds("exp", child.exp, parent.exp),
  (child, parent) => (child.nbf < parent.nbf ? `nbf ${child.nbf} is before ${parent.nbf}` : undefined),
];

/** How `child` reaches beyond `parent`, one text per component; empty when it is a subset. */
export function excesses(child: Capability, parent: Capability): string[] {
  return RULES.map((rule) => rule(child, parent)).filter((text) => text !== undefined);
}

function differs(name: string, child: string | number, parent: string | number): string | undefined {
  return child === parent ? undefined : `${name} ${child} is not the parent's ${parent}`;
}

function missing(name: string, item: string | undefined): string | undefined {
  return item === undefined ? undefined : `${name} '${item}' is not the parent's`;
}

/** Null is no bound, so a child without one exceeds a parent that has one. */
function exceeds(name: string, child: number | null, parent: number | null): string | undefined {
  if (parent === null || (child !== null && child <= parent)) return undefined;
  return `${name} ${child ?? "unbounded"} is more than the ${parent} allowed`;
}
