import type { PlanStep } from "../../schema/plan-step.js";
import type { PlanTask } from "../../schema/plan-task.js";
import { createChecker, type ExpressionChecker, type Scope } from "../expression-check.js";
import { patternFault } from "../pattern.js";
import { type DataPath, error, type Finding, warning } from "../plan-fault.js";
import { bareExpression, templateExpressions } from "../template.js";
import { cycleScope, policyScope, stepShapes, withShape } from "./expression-scope.js";
import type { LintRule, LintSubject, TaskEntry } from "./subject.js";

const OPEN_TEMPLATE = "'${{' is not closed by '}}'";

function condition(checker: ExpressionChecker, path: DataPath, text: string | undefined): Finding[] {
  const fault = text === undefined ? undefined : checker.check(text, "condition");
  return fault === undefined ? [] : [error(path, fault.code, fault.message)];
}

function template(checker: ExpressionChecker, path: DataPath, text: string): Finding[] {
  const expressions = templateExpressions(text);
  if (expressions === undefined) return [error(path, "expression-syntax", OPEN_TEMPLATE)];
  return expressions.flatMap((expression) => {
    const fault = checker.check(expression, "value");
    return fault === undefined ? [] : [error(path, fault.code, fault.message)];
  });
}

/** Patterns of a check's expected output. */
function expectFindings(
  path: DataPath,
  expect: { stdout?: string | undefined; stderr?: string | undefined },
): Finding[] {
  return (["stdout", "stderr"] as const).flatMap((stream) => {
    const fault = expect[stream] === undefined ? undefined : patternFault(expect[stream]);
    return fault === undefined ? [] : [error([...path, "expect", stream], "bad-pattern", fault)];
  });
}

interface Check {
  verify: readonly string[];
  command?: readonly string[] | undefined;
  expect: { stdout?: string | undefined; stderr?: string | undefined };
}

function checkFindings(checker: ExpressionChecker, path: DataPath, check: Check): Finding[] {
  const empty =
    check.verify.length === 0 && check.command === undefined
      ? [
          {
            ...error(path, "empty-check", "a check needs expressions in `verify`, a `command`, or both"),
            absence: true,
          },
        ]
      : [];
  const verify = check.verify.flatMap((text, index) => condition(checker, [...path, "verify", index], text));
  return [...empty, ...verify, ...expectFindings(path, check.expect)];
}

/** Expressions of checkpoints. */
export const findCheckpointFaults: LintRule = (subject) => {
  const checker = createChecker(cycleScope(subject));
  return subject.plan.phases.flatMap((phase, index) =>
    phase.checkpoints.flatMap((checkpoint, at) =>
      checkFindings(checker, ["phases", index, "checkpoints", at], checkpoint),
    ),
  );
};

function stepFindings(step: PlanStep, path: DataPath, scope: Scope): Finding[] {
  const checker = createChecker(scope);
  const own = condition(checker, [...path, "if"], step.if);
  if (step.kind === "check") return [...own, ...checkFindings(checker, [...path, "check"], step.check)];
  if (step.kind === "gate") return [...own, ...template(checker, [...path, "gate", "message"], step.gate.message)];
  const outputs = createChecker({ ...scope, result: "map" });
  return [
    ...own,
    ...template(checker, [...path, "request"], step.request),
    ...Object.entries(step.outputs).flatMap(([name, text]) => template(outputs, [...path, "outputs", name], text)),
  ];
}

function taskFindings(base: Scope, checker: ExpressionChecker, { task, path }: TaskEntry): Finding[] {
  const steps = task.steps.flatMap((step, index) =>
    stepFindings(step, [...path, "steps", index], { ...base, steps: stepShapes(task, index), with: withShape(task) }),
  );
  const withs = Object.entries(task.with).flatMap(([name, value]) =>
    typeof value === "string" ? template(checker, [...path, "with", name], value) : [],
  );
  return [...condition(checker, [...path, "if"], task.if), ...withs, ...steps];
}

/** Expressions of tasks and their steps: context that is not declared is a fault when the plan is loaded. */
export const findExpressionFaults: LintRule = (subject) => {
  const base = cycleScope(subject);
  const checker = createChecker(base);
  return subject.tasks.flatMap((entry) => taskFindings(base, checker, entry));
};

/** Expressions of the gate's policies. */
export const findPolicyExpressionFaults: LintRule = (subject) => {
  const checker = createChecker(policyScope(subject));
  return subject.plan.approval.policies.flatMap((policy, index) =>
    policy.rule.startsWith("built-in:") ? [] : condition(checker, ["approval", "policies", index, "rule"], policy.rule),
  );
};

const TASK_REFERENCE = /\btasks(?:\[\s*(?:"([^"]+)"|'([^']+)')\s*\]|\.([A-Za-z_][A-Za-z0-9_]*))/g;

/** Ids of the tasks an expression names. */
function tasksNamed(expression: string): string[] {
  return [...expression.matchAll(TASK_REFERENCE)].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}

function textsOf(task: PlanTask): { path: DataPath; text: string }[] {
  const withs = Object.entries(task.with).flatMap(([name, text]) =>
    typeof text === "string" ? [{ path: ["with", name], text }] : [],
  );
  const steps = task.steps.flatMap((step, index) =>
    step.kind === "agent" ? [{ path: ["steps", index, "request"], text: step.request }] : [],
  );
  return [...withs, ...steps];
}

function earlyFindings(subject: LintSubject, { task, path }: TaskEntry): Finding[] {
  const before = subject.order.tasksBefore(task.id);
  const unsure = (id: string): boolean => subject.taskById.has(id) && !before.has(id);
  const say = (id: string): string => `'${id}' is not sure to be done when '${task.id}' starts; add it to needs`;
  const passed = textsOf(task).flatMap(({ path: at, text }) =>
    (templateExpressions(text) ?? [])
      .flatMap(tasksNamed)
      .filter(unsure)
      .map((id) => error([...path, ...at], "context-not-ready", say(id))),
  );
  const asked = task.if === undefined ? [] : tasksNamed(bareExpression(task.if)).filter(unsure);
  return [...passed, ...asked.map((id) => warning([...path, "if"], "context-not-ready", say(id)))];
}

/** Context taken from tasks that may not be finished yet (REQUIREMENTS 111). */
export const findEarlyContext: LintRule = (subject) => subject.tasks.flatMap((entry) => earlyFindings(subject, entry));

/** Outputs a task declares and none of its steps gives: only `submit_result` of a task without mapped outputs can. */
export const findOrphanOutputs: LintRule = ({ tasks }) =>
  tasks.flatMap(({ task, path }) => {
    const agents = task.steps.filter((step) => step.kind === "agent");
    const given = new Set(agents.flatMap((step) => Object.keys(step.outputs)));
    if (given.size === 0 && (task.steps.length === 0 || agents.length > 0)) return [];
    return Object.keys(task.outputs)
      .filter((name) => !given.has(name))
      .map((name) =>
        error([...path, "outputs", name], "output-not-given", `no step of '${task.id}' gives the output '${name}'`),
      );
  });
