import { isPattern } from "../../capability/pattern.js";
import { mayOverlap, patternCanMatch } from "../../capability/write-set.js";
import { MAX_COMPLEXITY, MAX_FUNCTION_LINES, MIN_COVERAGE } from "../../kernel/bounds.js";
import { isCodeFile } from "../../measure/language.js";
import { DEFAULT_AGENTS, type Plan, type PlanPhase } from "../../schema/plan.js";
import type { PlanTask } from "../../schema/plan-task.js";
import { type DataPath, error, type Finding, warning } from "../plan-fault.js";

/** What the linter knows of the whole plan while it looks at one task. */
interface Scope {
  plan: Plan;
  /** Task id to the index of its phase. */
  phaseOf: ReadonlyMap<string, number>;
}

/** Every semantic fault of a plan that has the format's shape. */
export function lintPlan(plan: Plan): Finding[] {
  const scope: Scope = { plan, phaseOf: new Map(plan.phases.flatMap((phase, index) => phase.tasks.map(({ id }) => [id, index]))) };
  return [
    ...lintLimits(plan),
    ...lintPhases(plan),
    ...plan.phases.flatMap((phase, index) => lintTasks(scope, phase, index)),
    ...lintCycles(plan),
    ...lintWaivers(scope),
    ...lintTiers(plan),
  ];
}

function lintLimits(plan: Plan): Finding[] {
  const { implementation, validation } = plan.limits;
  const at = (...path: (string | number)[]): DataPath => ["limits", ...path];
  const findings: Finding[] = [];
  if (implementation.maxComplexity > MAX_COMPLEXITY) findings.push(looser(at("implementation", "maxComplexity"), MAX_COMPLEXITY));
  if (implementation.maxFunctionLines > MAX_FUNCTION_LINES) findings.push(looser(at("implementation", "maxFunctionLines"), MAX_FUNCTION_LINES));
  if (implementation.allowDelete) findings.push(error(at("implementation", "allowDelete"), "looser-limit", "agents never delete files; a plan cannot allow it"));
  if (validation.minLineCoverage < MIN_COVERAGE) findings.push(looser(at("validation", "minLineCoverage"), MIN_COVERAGE));
  if (validation.maxUntestedFunctions > 0) findings.push(looser(at("validation", "maxUntestedFunctions"), 0));
  if (!validation.requireDocs) findings.push(error(at("validation", "requireDocs"), "looser-limit", "waive documentation for named tasks instead"));
  return findings;
}

function looser(path: DataPath, limit: number): Finding {
  return error(path, "looser-limit", `looser than the tier's ${limit}; a plan may only tighten it`);
}

function lintPhases(plan: Plan): Finding[] {
  const ids = plan.phases.map(({ id }) => id);
  const findings: Finding[] = [];
  plan.phases.forEach((phase, index) => {
    if (ids.indexOf(phase.id) !== index) findings.push(error(["phases", index, "id"], "duplicate-id", `phase '${phase.id}' is there twice`));
    phase.needs.forEach((need, at) => {
      if (!ids.includes(need)) findings.push(error(["phases", index, "needs", at], "unknown-phase", `there is no phase '${need}'`));
    });
  });
  return findings;
}

function lintTasks(scope: Scope, phase: PlanPhase, index: number): Finding[] {
  return phase.tasks.flatMap((task, at) => {
    const path = ["phases", index, "tasks", at];
    return [...lintOwner(scope, task, path), ...lintNeeds(scope, task, { path, phase: index }), ...lintFiles(scope, task, path), ...lintVerify(scope, task, path), ...lintTaskLimits(task, path)];
  });
}

function tierOf(plan: Plan, agent: string): string | undefined {
  const own: Record<string, { tier: string }> = { ...DEFAULT_AGENTS, ...plan.agents };
  return own[agent]?.tier;
}

function lintOwner({ plan }: Scope, task: PlanTask, path: DataPath): Finding[] {
  const findings: Finding[] = [];
  if (tierOf(plan, task.owner) === undefined) findings.push(error([...path, "owner"], "unknown-agent", `there is no agent '${task.owner}'`));
  task.steps.forEach((step, at) => {
    if (step.kind === "agent" && tierOf(plan, step.agent) === undefined)
      findings.push(error([...path, "steps", at, "agent"], "unknown-agent", `there is no agent '${step.agent}'`));
  });
  return findings;
}

function lintNeeds({ phaseOf }: Scope, task: PlanTask, at: { path: DataPath; phase: number }): Finding[] {
  return task.needs.flatMap((need, index) => {
    const phase = phaseOf.get(need);
    const path = [...at.path, "needs", index];
    if (phase === undefined) return [error(path, "unknown-task", `there is no task '${need}'`)];
    return phase > at.phase ? [error(path, "later-phase", `'${need}' is in a later phase`)] : [];
  });
}

function lintFiles({ plan }: Scope, task: PlanTask, path: DataPath): Finding[] {
  const tier = tierOf(plan, task.owner);
  const folder = tier === "executive" ? "docs/" : tier === "validation" ? "reports/validation/" : undefined;
  return task.files.write.flatMap((entry, index) => {
    const at = [...path, "files", "write", index];
    if (!patternCanMatch(entry)) return [error(at, "bad-path", `'${entry}' names no file of the workspace`)];
    if (folder !== undefined && !entry.startsWith(folder)) return [error(at, "tier-write", `the ${tier} tier writes only below ${folder}`)];
    return [];
  });
}

function lintVerify({ plan }: Scope, task: PlanTask, path: DataPath): Finding[] {
  const code = tierOf(plan, task.owner) === "implementation" && task.files.write.some((entry) => isPattern(entry) || isCodeFile(entry));
  if (!code) return [];
  const waived = (rule: string): boolean => plan.waivers.some((waiver) => waiver.rule === rule && waiver.tasks.includes(task.id));
  const findings: Finding[] = [];
  if (task.verify?.test === undefined && !waived("tests")) findings.push(error([...path], "unverified-code", `task ${task.id} can write code and has neither verify.test nor a waiver of tests`));
  if (task.verify?.coverage === undefined && !waived("coverage")) findings.push(error([...path], "unverified-code", `task ${task.id} can write code and has neither verify.coverage nor a waiver of coverage`));
  return findings;
}

function lintTaskLimits(task: PlanTask, path: DataPath): Finding[] {
  const { maxComplexity, maxFunctionLines } = task.limits;
  const findings: Finding[] = [];
  if ((maxComplexity ?? 0) > MAX_COMPLEXITY) findings.push(looser([...path, "limits", "maxComplexity"], MAX_COMPLEXITY));
  if ((maxFunctionLines ?? 0) > MAX_FUNCTION_LINES) findings.push(looser([...path, "limits", "maxFunctionLines"], MAX_FUNCTION_LINES));
  return findings;
}

/** Tasks that wait for each other for ever, and tasks that may write the same file at the same time. */
function lintCycles(plan: Plan): Finding[] {
  const tasks = plan.phases.flatMap((phase, index) => phase.tasks.map((task, at) => ({ task, phase: index, path: ["phases", index, "tasks", at] as DataPath })));
  const needs = new Map(tasks.map(({ task }) => [task.id, task.needs]));
  const findings: Finding[] = [];
  const seen = new Set<string>();
  for (const { task, path } of tasks) {
    if (seen.has(task.id)) findings.push(error([...path, "id"], "duplicate-id", `task '${task.id}' is there twice`));
    seen.add(task.id);
    if (reaches(needs, task.id)) findings.push(error([...path, "needs"], "dependency-cycle", `task '${task.id}' needs itself`));
  }
  tasks.forEach(({ task, phase, path }, index) => {
    const other = tasks.slice(0, index).find((before) => before.phase === phase && mayOverlap(before.task.files.write, task.files.write));
    if (other !== undefined) findings.push(warning([...path, "files"], "overlapping-files", `${task.id} and ${other.task.id} may write the same file; they will not run at the same time`));
  });
  return findings;
}

function reaches(needs: ReadonlyMap<string, readonly string[]>, start: string): boolean {
  const waiting = [...(needs.get(start) ?? [])];
  const seen = new Set<string>();
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (id === start) return true;
    if (seen.has(id)) continue;
    seen.add(id);
    waiting.push(...(needs.get(id) ?? []));
  }
  return false;
}

function lintWaivers({ plan, phaseOf }: Scope): Finding[] {
  return plan.waivers.flatMap((waiver, index) =>
    waiver.tasks.flatMap((task, at) => (phaseOf.has(task) ? [] : [error(["waivers", index, "tasks", at], "unknown-task", `there is no task '${task}'`)])),
  );
}

function lintTiers(plan: Plan): Finding[] {
  return Object.entries(plan.tiers).flatMap(([tier, agent]) =>
    agent === undefined || tierOf(plan, agent) === tier ? [] : [error(["tiers", tier], "unknown-agent", `'${agent}' is no agent of the ${tier} tier`)],
  );
}
