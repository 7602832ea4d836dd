import type { Plan } from "../schema/plan.js";
import type { PlanTrigger, PlanTriggerAction } from "../schema/plan-trigger.js";

const UNITS: readonly [number, string][] = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "m"],
  [1_000, "s"],
];

/** Milliseconds as a plan writes them, in the largest unit that is exact: `90m`, `500ms`. */
export function durationText(ms: number): string {
  const unit = UNITS.find(([size]) => ms % size === 0);
  return unit === undefined ? `${ms}ms` : `${ms / unit[0]}${unit[1]}`;
}

/** A list for a sentence; `nothing` when it is empty. */
export function listText(names: readonly string[]): string {
  return names.length === 0 ? "nothing" : names.join(", ");
}

/** A point in time as ISO 8601 in UTC. */
export function instantText(ms: number): string {
  return new Date(ms).toISOString();
}

/** What holds for the whole plan: limits, budget, inputs, agents, workspace, targets. One line each. */
export function explainSettings(plan: Plan): string[] {
  const { implementation, validation, executive } = plan.limits;
  return [
    `Limits: complexity at most ${implementation.maxComplexity}, ${implementation.maxFunctionLines} lines a function, ${implementation.maxExecutions} executions a task; coverage at least ${validation.minLineCoverage}, ${validation.maxUntestedFunctions} untested functions, Power of Ten: ${validation.powerOfTen}`,
    `Executive: alert at a plan deviation of ${executive.planDeviationAlert}, review every ${durationText(executive.reviewEvery)}`,
    `Budget: ${budgetText(plan)}`,
    ...(plan.deadline === null ? [] : [`Deadline: ${instantText(plan.deadline)}`]),
    ...explainInputs(plan),
    ...explainAgents(plan),
    ...explainWorkspace(plan),
    ...explainTargets(plan),
    ...(plan.mayExtend.length === 0
      ? []
      : [`The executive may widen a task's files, without a person, by: ${listText(plan.mayExtend)}`]),
    ...plan.waivers.map(({ rule, tasks, reason }) => `Waived for ${tasks.join(", ")}: ${rule} (${reason})`),
  ];
}

function budgetText(plan: Plan): string {
  const { usd, tokens, wallClock, maxAgents } = plan.budget;
  return [
    ...(usd === null ? ["no bound on money"] : [`$${usd}`]),
    ...(tokens === null ? ["no bound on tokens"] : [`${tokens} tokens`]),
    ...(wallClock === null ? [] : [durationText(wallClock)]),
    `at most ${maxAgents} agents at once`,
  ].join(", ");
}

function explainInputs(plan: Plan): string[] {
  return Object.entries(plan.inputs).map(([name, input]) => {
    const given = input.default === undefined ? "must be given" : `${JSON.stringify(input.default)} unless given`;
    return `Input ${name}: ${input.type}, ${given}`;
  });
}

function explainAgents(plan: Plan): string[] {
  const chosen = Object.entries(plan.tiers).flatMap(([tier, name]) =>
    name === undefined ? [] : [`The ${tier} tier's agent is ${name}`],
  );
  const agents = Object.entries(plan.agents).map(([name, agent]) => {
    const more = [
      `${agent.tier} tier`,
      ...(agent.instructions === undefined ? [] : [`instructions ${agent.instructions}`]),
      ...(agent.model === undefined ? [] : [`model ${agent.model}`]),
      ...(agent.tools === undefined ? [] : [`only ${agent.tools.join(", ")}`]),
      ...(agent.maxDuration === null ? [] : [`at most ${durationText(agent.maxDuration)}`]),
      ...agent.grants,
    ];
    return `Agent ${name}: ${more.join("; ")}`;
  });
  return [...agents, ...chosen];
}

function explainWorkspace({ workspace }: Plan): string[] {
  const { link, scratch, deny, env, toolchains, prepare } = workspace;
  return [
    `Hidden from every agent and command: ${listText(deny)}`,
    ...(link === undefined ? [] : [`Linked from your checkout: ${listText(link)}`]),
    ...(scratch.length === 0 ? [] : [`Left behind by commands and never merged: ${listText(scratch)}`]),
    ...(toolchains === undefined ? [] : [`Toolchains: ${listText(toolchains)}`]),
    ...Object.entries(env).map(([name, value]) => `Commands see ${name}=${value}`),
    ...(prepare === undefined
      ? []
      : [
          `Where links are missing: ${JSON.stringify(prepare.command)}, ${prepare.network ? "with" : "without"} network`,
        ]),
  ];
}

function explainTargets(plan: Plan): string[] {
  const { mode, canary, promotion } = plan.rollout;
  const remote = Object.entries(plan.targets).flatMap(([name, target]) =>
    target.kind === "remote" ? [`Target ${name}: ${target.address}`] : [],
  );
  if (remote.length === 0) return [];
  const gates =
    promotion === undefined
      ? []
      : [
          `Next stage only after ${promotion.minRuns} runs, no unauthorized destructive operation, retry success of ${promotion.minRetrySuccessRate}`,
        ];
  const scope = canary === undefined ? "" : `, only ${listText(canary.allowActions)} on ${canary.target}`;
  return [...remote, `Rollout of actions: ${mode}${scope}`, ...gates];
}

/** Who decides what in the gate, and every policy. */
export function explainApproval({ approval }: Plan): string[] {
  const { risk, humanReview, reviewers, policies } = approval;
  const people = reviewers.humans === undefined ? "any person" : listText(reviewers.humans);
  return [
    `Approval: risk up to ${risk.auto} automatic, up to ${risk.auditor} an auditor, up to ${risk.human} an auditor and a person, above an auditor and two people; human review ${humanReview}`,
    `Reviewers: ${people}${reviewers.preventSelfReview ? ", never who did the work" : ""}; no answer within ${durationText(reviewers.expiresAfter)} is a rejection`,
    ...policies.map(({ id, level, rule, tools, tasks }) => {
      const scope = [...(tools ?? []), ...(tasks ?? [])];
      return `Policy ${id} (${level})${scope.length === 0 ? "" : ` for ${scope.join(", ")}`}: ${rule}`;
    }),
  ];
}

function actionText(action: PlanTriggerAction): string {
  const { agent_config: agent, task, to } = action;
  const end = agent?.max_duration === undefined ? "" : ` for at most ${durationText(agent.max_duration)}`;
  return [
    action.type,
    ...(agent === undefined ? [] : [`${agent.role}${end}`]),
    ...(task === undefined ? [] : [task]),
    ...(to === undefined ? [] : [`to ${to}`]),
  ].join(" ");
}

function fireText(trigger: PlanTrigger): string {
  if (trigger.cron !== undefined)
    return `at ${trigger.cron}${trigger.timezone === undefined ? "" : ` (${trigger.timezone})`}`;
  if (trigger.every !== undefined) return `every ${durationText(trigger.every)}`;
  const times = trigger.condition?.consecutive_failures;
  if (trigger.event_type !== undefined)
    return `on ${trigger.event_type}${times === undefined ? "" : `, ${times} times in a row`}`;
  return `before the deadline of ${trigger.of ?? "plan"}`;
}

/** Every trigger and what it asks for. */
export function explainTriggers({ triggers }: Plan): string[] {
  return triggers.flatMap((trigger) => [
    `Trigger ${trigger.name}: ${fireText(trigger)}${trigger.action === undefined ? "" : `: ${actionText(trigger.action)}`}`,
    ...(trigger.ladder ?? []).map(({ before, action }) => `  ${durationText(before)} before: ${actionText(action)}`),
  ]);
}
