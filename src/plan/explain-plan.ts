import type { Plan, PlanPhase } from "../schema/plan.js";
import type { PlanCheck, PlanOnFail, PlanStep } from "../schema/plan-step.js";
import type { PlanTask } from "../schema/plan-task.js";

/** Everything a run of the plan will do and may decide, from the plan alone: phases, branches, commands, gates, limits. */
export function explainPlan(plan: Plan): string {
  const { implementation, validation } = plan.limits;
  const { risk, humanReview } = plan.approval;
  const lines = [
    `${plan.id}: ${plan.title} (version ${plan.version})`,
    `Limits: complexity at most ${implementation.maxComplexity}, ${implementation.maxFunctionLines} lines a function, ${implementation.maxExecutions} executions a task; coverage at least ${validation.minLineCoverage}, ${validation.maxUntestedFunctions} untested functions`,
    `Budget: ${budgetText(plan)}`,
    `Approval: risk up to ${risk.auto} automatic, ${risk.auditor} an auditor, ${risk.human} a person too, above two people; human review ${humanReview}`,
    ...Object.entries(plan.agents).map(([id, agent]) => `Agent ${id}: ${agent.tier} tier`),
    ...plan.approval.policies.map(({ id, level, rule }) => `Policy ${id} (${level}): ${rule}`),
    ...plan.waivers.map(({ rule, tasks, reason }) => `Waived for ${tasks.join(", ")}: ${rule} (${reason})`),
    "1. The executive reviews the plan: ACCEPT goes on, REJECT ends the cycle",
    ...plan.phases.flatMap((phase) => explainPhase(plan, phase)),
    "At the end: the cycle's branch holds one commit for each task; nothing is merged into your branch",
  ];
  return `${lines.join("\n")}\n`;
}

function budgetText(plan: Plan): string {
  const { usd, tokens, wallClock, maxAgents } = plan.budget;
  const parts = [
    usd === null ? "" : `$${usd}`,
    tokens === null ? "" : `${tokens} tokens`,
    wallClock === null ? "" : `${wallClock / 60_000} minutes`,
  ];
  return [...parts.filter((part) => part !== ""), `at most ${maxAgents} agents at once`].join(", ");
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
    ...(task.if === undefined ? [] : [`  only if ${task.if}, else SKIPPED`]),
    `  may write: ${task.files.write.join(", ") || "nothing"}`,
    ...explainContext(task),
    ...(steps.length === 0 ? [`1. ${task.owner} does it`] : steps).map((line) => `  ${line}`),
    ...explainVerify(plan, task),
    ...explainAction(task),
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

function explainAction({ action }: PlanTask): string[] {
  if (action === undefined) return [];
  return [`  action ${action.intent} on ${action.targets.join(", ")}${action.destructive ? " (destructive)" : ""}`];
}

function explainStep(step: PlanStep, number: number): string[] {
  const head = `${number}. ${step.id}${step.if === undefined ? "" : ` (only if ${step.if}, else skipped)`}`;
  if (step.kind === "agent")
    return [
      `${head}: ${step.agent} is asked: ${step.request}`,
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
  const command =
    check.command === undefined
      ? []
      : [
          `${JSON.stringify(check.command)} ends with ${check.expect.exitCode}${check.expect.stdout === undefined ? "" : ` and prints /${check.expect.stdout}/`}`,
        ];
  return [...check.verify, ...command].join(" and ");
}

function failText(onFail: PlanOnFail): string {
  const provide = onFail.provide === undefined ? "" : ` (${onFail.provide})`;
  const then = onFail.then === "retry" ? `try again at most ${onFail.max} time(s), then stop` : onFail.then;
  return `"${onFail.error}"${provide}, then ${then}`;
}
