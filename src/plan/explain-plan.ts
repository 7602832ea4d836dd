import { visibleItem } from "../kernel/visible.js";
import type { Plan, PlanPhase } from "../schema/plan.js";
import type { PlanCheck, PlanOnFail, PlanStep } from "../schema/plan-step.js";
import type { PlanTask } from "../schema/plan-task.js";
import {
  durationText,
  explainApproval,
  explainSettings,
  explainTriggers,
  instantText,
  listText,
} from "./explain-setting.js";

/** Everything a run of the plan will do and may decide, from the plan alone: phases, branches, commands, gates, limits. */
export function explainPlan(plan: Plan): string {
  const lines = [
    `${plan.id}: ${plan.title} (version ${plan.version})`,
    ...(plan.description === undefined ? [] : [plan.description]),
    ...explainSettings(plan),
    ...explainApproval(plan),
    "First the executive reviews the plan: ACCEPT goes on, REJECT ends the cycle",
    ...plan.phases.flatMap((phase) => explainPhase(plan, phase)),
    "",
    ...explainTriggers(plan),
    "At the end the cycle's branch holds one commit for each task; nothing is merged into your branch",
  ];
  return `${lines.map(visibleItem).join("\n")}\n`;
}

function explainPhase(plan: Plan, phase: PlanPhase): string[] {
  const needs = phase.needs.length === 0 ? "starts at once" : `starts when ${phase.needs.join(", ")} is done`;
  return [
    "",
    `Phase ${phase.id} (${phase.title}): ${needs}`,
    ...phase.checkpoints.flatMap((checkpoint) => [
      `  Checkpoint ${checkpoint.when} it: ${checkText(checkpoint)}`,
      `    if not: ${failText(checkpoint.onFail)}`,
    ]),
    ...phase.tasks.flatMap((task) => explainTask(plan, task).map((line) => `  ${line}`)),
  ];
}

function explainTask(plan: Plan, task: PlanTask): string[] {
  const steps = task.steps.flatMap((step, index) => explainStep(step, index + 1));
  return [
    `Task ${task.id}: ${task.title}`,
    `  by ${task.owner}${task.needs.length === 0 ? "" : `, after ${task.needs.join(", ")}`}`,
    ...explainConditions(task),
    `  may write: ${listText(task.files.write)}; looks in: ${listText(task.files.read)}`,
    ...explainBounds(task),
    ...explainContext(task),
    ...(steps.length === 0 ? [`1. ${task.owner} does it`] : steps).map((line) => `  ${line}`),
    ...explainVerify(plan, task),
    ...explainAction(task),
  ];
}

/** When a task does not run at all. */
function explainConditions(task: PlanTask): string[] {
  if (task.if !== undefined) return [`  only if ${task.if}, else SKIPPED`];
  return task.needs.length === 0 ? [] : [`  SKIPPED when one of ${task.needs.join(", ")} was skipped`];
}

function explainBounds({ limits, deadline, estimate, retry }: PlanTask): string[] {
  const numbers = Object.entries(limits).flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`]));
  return [
    ...(numbers.length === 0 ? [] : [`  limits: ${numbers.join(", ")}`]),
    ...(estimate === null ? [] : [`  estimate ${estimate}`]),
    ...(deadline === null ? [] : [`  deadline ${instantText(deadline)}`]),
    ...(retry === undefined
      ? []
      : [
          `  ${retry.on.join(", ")} failures: ${retry.attempts} attempts, ${durationText(retry.backoff.initial)} apart, times ${retry.backoff.factor}, at most ${durationText(retry.backoff.max)}`,
        ]),
  ];
}

function explainContext(task: PlanTask): string[] {
  return [
    ...Object.entries(task.with).map(([name, value]) => `  with ${name} = ${String(value)}`),
    ...Object.entries(task.outputs).map(
      ([name, { type, optional }]) => `  gives ${name}: ${type}${optional ? " (optional)" : ""}`,
    ),
  ];
}

function explainAction({ action, approval, decides }: PlanTask): string[] {
  const second =
    decides.length === 0 ? [] : [`  decides on ${decides.join(", ")}: a REJECT opens a rework task, at most twice`];
  if (action === undefined) return second;
  const kind = action.destructive ? " (destructive)" : "";
  const after = action.onFailure === undefined ? "" : `; a failure: ${action.onFailure}`;
  const token = approval?.confirmationToken;
  return [
    ...second,
    `  action ${action.intent} on ${action.targets.join(", ")}${kind}${after}`,
    ...(approval === undefined ? [] : [`  needs approval by ${approval.require.join(" and ")}`]),
    ...(token === undefined ? [] : [`  and a confirmation token for this ${token.scope}, ${durationText(token.ttl)}`]),
  ];
}

function explainStep(step: PlanStep, number: number): string[] {
  const head = `${number}. ${step.id}${step.if === undefined ? "" : ` (only if ${step.if}, else skipped)`}`;
  if (step.kind === "agent")
    return [
      `${head}: ${step.agent} is asked: ${step.request}`,
      ...(step.record === undefined ? [] : [`   a ${step.record} must be recorded`]),
      ...Object.entries(step.outputs).map(([name, text]) => `   output ${name} = ${text}`),
    ];
  if (step.kind === "check") return [`${head}: check ${checkText(step.check)}`, `   if not: ${failText(step.onFail)}`];
  const again =
    step.onReject.then === "retry"
      ? `back to the agent step before, at most ${step.onReject.max} time(s)`
      : "the task stops";
  return [
    `${head}: gate "${step.gate.message}", decided by ${step.gate.require.join(" and ")}`,
    `   if rejected: ${again}`,
  ];
}

function explainVerify(plan: Plan, task: PlanTask): string[] {
  const verify = task.verify;
  const commands = (["compile", "lint", "test"] as const).flatMap((role) =>
    verify?.[role] === undefined ? [] : [`  verify ${role}: ${JSON.stringify(verify[role])}`],
  );
  const coverage =
    verify?.coverage === undefined
      ? []
      : [
          `  verify coverage: ${verify.coverage.report} (${verify.coverage.format}), at least ${Math.max(verify.coverage.min ?? 0, plan.limits.validation.minLineCoverage)}`,
        ];
  return [
    ...commands,
    ...coverage,
    "  then a validator judges: ACCEPT merges it; REJECT is reworked twice, then the executive decides, then a person",
  ];
}

function checkText(check: Pick<PlanCheck, "verify" | "command" | "expect">): string {
  if (check.command === undefined) return check.verify.join(" and ");
  const { exitCode, stdout, stderr } = check.expect;
  const prints = stdout === undefined ? "" : ` and prints /${stdout}/`;
  const warns = stderr === undefined ? "" : ` and prints /${stderr}/ on standard error`;
  return [...check.verify, `${JSON.stringify(check.command)} ends with ${exitCode}${prints}${warns}`].join(" and ");
}

function failText(onFail: PlanOnFail): string {
  const provide = onFail.provide === undefined ? "" : ` (${onFail.provide})`;
  const then = onFail.then === "retry" ? `try again at most ${onFail.max} time(s), then stop` : onFail.then;
  return `"${onFail.error}"${provide}, then ${then}`;
}
