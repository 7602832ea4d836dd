import { mayOverlap } from "../../capability/write-set.js";
import type { PlanInput } from "../../schema/plan-setting.js";
import { type DataPath, error, type Finding, warning } from "../plan-fault.js";
import type { LintRule, TaskEntry } from "./subject.js";

function isBetween(value: number, { min, max }: PlanInput): boolean {
  return (min === undefined || value >= min) && (max === undefined || value <= max);
}

/** Why an input may not have a value; undefined when it may. */
function valueFault(input: PlanInput, value: string | number | boolean): string | undefined {
  if (typeof value !== input.type) return `must be a ${input.type}`;
  if (typeof value === "number" && !isBetween(value, input)) return "is not between min and max";
  return input.enum === undefined || input.enum.includes(value) ? undefined : "is none of the enum's values";
}

function boundFindings(path: DataPath, { min, max, type }: PlanInput): Finding[] {
  if (min === undefined && max === undefined) return [];
  if (type !== "number") return [error(path, "bad-input", "min and max are for numbers")];
  if (min === undefined || max === undefined || min <= max) return [];
  return [error([...path, "min"], "bad-input", `min ${min} is above max ${max}`)];
}

function inputFindings(path: DataPath, input: PlanInput): Finding[] {
  const listed = (input.enum ?? []).flatMap((value, index) =>
    typeof value === input.type ? [] : [error([...path, "enum", index], "bad-input", `must be a ${input.type}`)],
  );
  const fault = input.default === undefined ? undefined : valueFault(input, input.default);
  const wrong = fault === undefined ? [] : [error([...path, "default"], "bad-input", `the default ${fault}`)];
  return [...boundFindings(path, input), ...listed, ...wrong];
}

/** Inputs whose defaults or bounds contradict their type. */
export const findInputFaults: LintRule = ({ plan }) =>
  Object.entries(plan.inputs).flatMap(([name, input]) => inputFindings(["inputs", name], input));

/** Outputs whose listed values are of another type. */
export const findOutputFaults: LintRule = ({ tasks }) =>
  tasks.flatMap(({ task, path }) =>
    Object.entries(task.outputs).flatMap(([name, output]) =>
      (output.enum ?? []).flatMap((value, index) =>
        typeof value === output.type
          ? []
          : [error([...path, "outputs", name, "enum", index], "bad-output", `must be a ${output.type}`)],
      ),
    ),
  );

/** Budgets that no conversation fits in. */
export const findBudgetFaults: LintRule = ({ plan }) => {
  const { tokens, wallClock } = plan.budget;
  const short =
    wallClock !== null && wallClock < 60_000
      ? [warning(["budget", "wallClock"], "budget-too-small", "less than a minute for a whole cycle")]
      : [];
  if (tokens === null) return short;
  const small =
    tokens < 10_000
      ? [warning(["budget", "tokens"], "budget-too-small", `${tokens} tokens are less than one request takes`)]
      : [];
  return [...short, ...small];
};

/** Deadlines that contradict the plan's or those of the tasks they wait for. */
export const findDeadlineFaults: LintRule = ({ plan, tasks, taskById }) =>
  tasks.flatMap(({ task, path }) => {
    const { deadline } = task;
    if (deadline === null) return [];
    const late =
      plan.deadline !== null && deadline > plan.deadline
        ? [warning([...path, "deadline"], "deadline-order", "later than the plan's own deadline")]
        : [];
    const early = task.needs
      .filter((id) => (taskById.get(id)?.task.deadline ?? deadline) > deadline)
      .map((id) => warning([...path, "deadline"], "deadline-order", `earlier than that of '${id}', which it needs`));
    return [...late, ...early];
  });

const MAX_OVERLAPS = 200;

/** Pairs of tasks that could run at the same time and may write the same file; the scheduler runs them in turn. */
export const findOverlaps: LintRule = ({ tasks, order }) => {
  const findings: Finding[] = [];
  const writers = tasks.filter(({ task }) => task.files.write.length > 0);
  for (const [index, entry] of writers.entries()) {
    for (const other of writers.slice(0, index)) {
      if (findings.length >= MAX_OVERLAPS) return findings;
      if (!canMeet(order, entry, other) || !mayOverlap(entry.task.files.write, other.task.files.write)) continue;
      const message = `'${entry.task.id}' and '${other.task.id}' may write the same file; they will run one after the other`;
      findings.push(warning([...entry.path, "files", "write"], "overlapping-files", message));
    }
  }
  return findings;
};

function canMeet(order: { tasksBefore(task: string): ReadonlySet<string> }, a: TaskEntry, b: TaskEntry): boolean {
  const [one, two] = [a.task.id, b.task.id];
  return one !== two && !order.tasksBefore(one).has(two) && !order.tasksBefore(two).has(one);
}
