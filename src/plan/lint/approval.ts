import type { Plan } from "../../schema/plan.js";
import { isToolName } from "../../schema/tool.js";
import { error, type Finding, warning } from "../plan-fault.js";
import { unknownName } from "./identity.js";
import type { LintRule, LintSubject, TaskEntry } from "./subject.js";

/** Rules of the gate that a plan may name; they hold whether or not it does. */
const BUILT_IN_RULES: ReadonlySet<string> = new Set(["file-whitelist", "no-delete"]);

/** Tools that worknode does not have, wherever a plan names tools. */
export const findUnknownTools: LintRule = ({ plan }) => {
  const policies = plan.approval.policies.flatMap((policy, index) =>
    (policy.tools ?? []).map((tool, at) => ({ tool, path: ["approval", "policies", index, "tools", at] })),
  );
  const agents = Object.entries(plan.agents).flatMap(([name, agent]) =>
    (agent.tools ?? []).map((tool, at) => ({ tool, path: ["agents", name, "tools", at] })),
  );
  return [...policies, ...agents].flatMap(({ tool, path }) =>
    isToolName(tool) ? [] : [error(path, "unknown-tool", `there is no tool '${tool}'; names are case-sensitive`)],
  );
};

/** Policies that name unknown rules or tasks, or weaken what nobody may override. */
export const findPolicyFaults: LintRule = ({ plan, known }) =>
  plan.approval.policies.flatMap((policy, index) => {
    const path = ["approval", "policies", index];
    const tasks = (policy.tasks ?? []).flatMap((id, at) =>
      unknownName([...path, "tasks", at], "task", id, known.tasks),
    );
    if (!policy.rule.startsWith("built-in:")) return tasks;
    const name = policy.rule.slice("built-in:".length);
    if (!BUILT_IN_RULES.has(name)) {
      const message = `there is no built-in rule '${name}'; known: ${[...BUILT_IN_RULES].join(", ")}`;
      return [...tasks, error([...path, "rule"], "unknown-rule", message)];
    }
    if (policy.level === "mandatory") return tasks;
    return [
      ...tasks,
      error([...path, "level"], "looser-limit", `built-in rule '${name}' is mandatory; nothing overrides it`),
    ];
  });

/** Risk limits out of order, or above the usual ones. */
export const findRiskFaults: LintRule = ({ plan }) => {
  const { auto, auditor, human } = plan.approval.risk;
  const path = ["approval", "risk"];
  const order =
    auto <= auditor && auditor <= human
      ? []
      : [error(path, "bad-risk-limits", "risk limits must rise: auto <= auditor <= human")];
  const high =
    auto > 59
      ? [warning([...path, "auto"], "risk-looser", `a score of ${auto} would pass without anyone's review`)]
      : [];
  return [...order, ...high];
};

/** Agents that can sign off: the named auditors, else the validation tier's. */
function auditorsOf(plan: Plan, tiers: LintSubject["tiers"]): string[] {
  const named = plan.approval.reviewers.auditors;
  if (named !== undefined) return named;
  return [...tiers].filter(([, tier]) => tier === "validation").map(([name]) => name);
}

interface Demand {
  auditor: boolean;
  human: boolean;
  path: readonly (string | number)[];
}

/** What a task's gates and action ask for. */
function demandsOf({ task, path }: TaskEntry): Demand[] {
  const gates = task.steps.flatMap((step, index) =>
    step.kind === "gate" ? [{ require: step.gate.require, path: [...path, "steps", index, "gate", "require"] }] : [],
  );
  const action =
    task.approval === undefined ? [] : [{ require: task.approval.require, path: [...path, "approval", "require"] }];
  return [...gates, ...action].map(({ require, path: at }) => ({
    auditor: require.includes("auditor"),
    human: require.includes("human"),
    path: at,
  }));
}

function unmet(subject: LintSubject, entry: TaskEntry): Finding[] {
  const { humans, preventSelfReview } = subject.plan.approval.reviewers;
  const steps = entry.task.steps.flatMap((step) => (step.kind === "agent" ? [step.agent] : []));
  const authors = new Set(preventSelfReview ? [entry.task.owner, ...steps] : []);
  const auditors = auditorsOf(subject.plan, subject.tiers).filter((name) => !authors.has(name));
  return demandsOf(entry).flatMap((demand) => [
    ...(demand.auditor && auditors.length === 0
      ? [error(demand.path, "unsatisfiable-review", "no auditor is left who did not do the work (preventSelfReview)")]
      : []),
    ...(demand.human && humans?.length === 0
      ? [error(demand.path, "unsatisfiable-review", "approval.reviewers.humans is empty: no person may approve")]
      : []),
  ]);
}

/** Reviews that nobody can give. */
export const findReviewFaults: LintRule = (subject) => {
  const { plan, known, tiers } = subject;
  const { auditors = [], humans } = plan.approval.reviewers;
  const path = ["approval", "reviewers"];
  const names = auditors.flatMap((name, index) => {
    const at = [...path, "auditors", index];
    const tier = tiers.get(name);
    if (tier === undefined || tier === "validation") return unknownName(at, "agent", name, known.agents);
    return [error(at, "reviewer-not-validation", `auditors are of the validation tier; '${name}' is ${tier}`)];
  });
  const never = plan.approval.humanReview === "always" && humans?.length === 0;
  const always = never
    ? [error([...path, "humans"], "unsatisfiable-review", "humanReview is 'always' and nobody may review")]
    : [];
  const empty =
    plan.approval.reviewers.auditors?.length === 0 && plan.approval.risk.auto < 100
      ? [
          error(
            [...path, "auditors"],
            "unsatisfiable-review",
            "no auditor is named, so that nothing above the automatic limit can pass",
          ),
        ]
      : [];
  return [...names, ...always, ...empty, ...subject.tasks.flatMap((entry) => unmet(subject, entry))];
};
