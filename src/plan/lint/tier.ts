import { isPattern } from "../../capability/pattern.js";
import {
  DEVIATION_ALERT,
  ELEVATED_TTL_MS,
  MAX_COMPLEXITY,
  MAX_FUNCTION_LINES,
  MIN_COVERAGE,
  REVIEW_INTERVAL_MS,
} from "../../kernel/bounds.js";
import { isCodeFile, isTestFile, languageOf } from "../../measure/language.js";
import type { PlanVerify } from "../../schema/plan-task.js";
import { isWithin, staticPrefix } from "../path-rule.js";
import { type DataPath, error, type Finding } from "../plan-fault.js";
import type { LintRule, LintSubject, TaskEntry } from "./subject.js";

/** A number that may not be above (or below) its bound. */
interface Limit {
  path: DataPath;
  value: number | undefined;
  bound: number;
  /** Which side is looser. */
  looser: "above" | "below";
}

function looserFindings(limits: readonly Limit[]): Finding[] {
  return limits.flatMap(({ path, value, bound, looser }) => {
    const bad = value !== undefined && (looser === "above" ? value > bound : value < bound);
    if (!bad) return [];
    return [
      error(path, "looser-limit", `${value} is looser than ${bound}; a plan may tighten limits, never loosen them`),
    ];
  });
}

/** Limits of the plan against those of the tiers (DESIGN §5). */
export const findLooserLimits: LintRule = ({ plan }) => {
  const { implementation, validation, executive } = plan.limits;
  const at = (tier: string, name: string): DataPath => ["limits", tier, name];
  const numbers: Limit[] = [
    {
      path: at("implementation", "maxComplexity"),
      value: implementation.maxComplexity,
      bound: MAX_COMPLEXITY,
      looser: "above",
    },
    {
      path: at("implementation", "maxFunctionLines"),
      value: implementation.maxFunctionLines,
      bound: MAX_FUNCTION_LINES,
      looser: "above",
    },
    {
      path: at("validation", "minLineCoverage"),
      value: validation.minLineCoverage,
      bound: MIN_COVERAGE,
      looser: "below",
    },
    {
      path: at("validation", "maxUntestedFunctions"),
      value: validation.maxUntestedFunctions,
      bound: 0,
      looser: "above",
    },
    {
      path: at("executive", "planDeviationAlert"),
      value: executive.planDeviationAlert,
      bound: DEVIATION_ALERT,
      looser: "above",
    },
    { path: at("executive", "reviewEvery"), value: executive.reviewEvery, bound: REVIEW_INTERVAL_MS, looser: "above" },
  ];
  const switches: [boolean, DataPath, string][] = [
    [
      implementation.allowDelete,
      at("implementation", "allowDelete"),
      "agents never delete files; no plan can allow it",
    ],
    [!validation.requireDocs, at("validation", "requireDocs"), "waive documentation for named tasks instead"],
  ];
  const flags = switches.flatMap(([bad, path, message]) => (bad ? [error(path, "looser-limit", message)] : []));
  return [...looserFindings(numbers), ...flags];
};

/** Limits of single tasks and agents against those of the plan. */
export const findLooserTaskLimits: LintRule = ({ plan, tasks }) => {
  const { maxComplexity, maxFunctionLines } = plan.limits.implementation;
  const ofTasks = tasks.flatMap(({ task, path }): Limit[] => [
    {
      path: [...path, "limits", "maxComplexity"],
      value: task.limits.maxComplexity,
      bound: maxComplexity,
      looser: "above",
    },
    {
      path: [...path, "limits", "maxFunctionLines"],
      value: task.limits.maxFunctionLines,
      bound: maxFunctionLines,
      looser: "above",
    },
    {
      path: [...path, "verify", "coverage", "min"],
      value: task.verify?.coverage?.min,
      bound: plan.limits.validation.minLineCoverage,
      looser: "below",
    },
  ]);
  const elevated = Object.entries(plan.agents).flatMap(([name, agent]): Limit[] =>
    agent.grants.includes("elevated")
      ? [
          {
            path: ["agents", name, "maxDuration"],
            value: agent.maxDuration ?? undefined,
            bound: ELEVATED_TTL_MS,
            looser: "above",
          },
        ]
      : [],
  );
  return looserFindings([...ofTasks, ...elevated]);
};

/** Folder a tier may write in; undefined for the implementation tier, which writes what its task names. */
const TIER_FOLDER: Readonly<Record<string, string>> = { executive: "docs", validation: "reports/validation" };

/** Executives and validators that would write code, and elevation of another tier than the executive. */
export const findTierBreaches: LintRule = ({ plan, tasks, tiers }) => {
  const writes = tasks.flatMap(({ task, path }) => {
    const tier = tiers.get(task.owner) ?? "implementation";
    const folder = TIER_FOLDER[tier];
    if (folder === undefined) return [];
    return task.files.write.flatMap((entry, index) => {
      if (entry !== folder && isWithin(isPattern(entry) ? staticPrefix(entry) : entry, folder)) return [];
      const message = `'${task.owner}' is of the ${tier} tier, which writes only below ${folder}/: '${entry}'`;
      return [error([...path, "files", "write", index], "tier-write", message)];
    });
  });
  const elevated = Object.entries(plan.agents).flatMap(([name, agent]) =>
    agent.grants.includes("elevated") && agent.tier !== "executive"
      ? [
          error(
            ["agents", name, "grants"],
            "elevated-not-executive",
            `only an executive can be elevated; '${name}' is ${agent.tier}`,
          ),
        ]
      : [],
  );
  const mapped = Object.entries(plan.tiers).flatMap(([tier, name]) =>
    name === undefined || !tiers.has(name) || tiers.get(name) === tier
      ? []
      : [error(["tiers", tier], "tier-mismatch", `'${name}' is of the ${tiers.get(name)} tier, not ${tier}`)],
  );
  return [...writes, ...elevated, ...mapped];
};

/** Extensions of patterns and files that never hold program text. */
const TEXT_EXTENSION = /\.(md|mdx|markdown|rst|adoc|txt|ya?ml|json5?|jsonc|toml|ini|csv|html?|css|scss|svg|lock|xml)$/i;

/** Whether an entry of a whitelist may name program text that is no test. Unsure means yes for patterns. */
export function mayBeCode(entry: string): boolean {
  if (!isPattern(entry)) return isCodeFile(entry);
  if (TEXT_EXTENSION.test(entry)) return false;
  if (languageOf(entry) !== undefined) return isCodeFile(entry);
  const folder = staticPrefix(entry);
  return !isWithin(folder, "docs") && !isTestFile(`${folder}/x`);
}

/** Whether a task's agents may write program text, so that it needs tests and coverage (DESIGN §5). */
export function writesCode({ tiers }: LintSubject, { task }: TaskEntry): boolean {
  const agents = [task.owner, ...task.steps.flatMap((step) => (step.kind === "agent" ? [step.agent] : []))];
  const able = agents.some((name) => (tiers.get(name) ?? "implementation") === "implementation");
  return able && task.files.write.some(mayBeCode);
}

const ASKED = [
  { rule: "tests", field: "test", code: "code-without-tests" },
  { rule: "coverage", field: "coverage", code: "code-without-coverage" },
] as const;

/** Tasks that can write code and name neither `verify.test` and `verify.coverage` nor a waiver. */
export const findUnverifiedCode: LintRule = (subject) =>
  subject.tasks.flatMap((entry) => {
    const { task, path } = entry;
    const verify: PlanVerify = task.verify ?? {};
    const orphan =
      verify.coverage !== undefined && verify.test === undefined
        ? [
            absent(
              path,
              "coverage-without-test",
              `verify.coverage of '${task.id}' has no verify.test that writes its report`,
            ),
          ]
        : [];
    if (!writesCode(subject, entry)) return orphan;
    const missing = ASKED.flatMap(({ rule, field, code }) => {
      const waived = subject.plan.waivers.some((waiver) => waiver.rule === rule && waiver.tasks.includes(task.id));
      if (waived || verify[field] !== undefined) return [];
      const message = `'${task.id}' can write code and has neither verify.${field} nor a waiver of ${rule}`;
      return [absent(path, code, message)];
    });
    return [...orphan, ...missing];
  });

function absent(path: DataPath, code: string, message: string): Finding {
  return { ...error([...path, "verify"], code, message), absence: true };
}

/** Waivers for tasks in which there is nothing to waive. */
export const findIdleWaivers: LintRule = (subject) =>
  subject.plan.waivers.flatMap((waiver, index) =>
    waiver.tasks.flatMap((id, at) => {
      const entry = subject.taskById.get(id);
      if (entry === undefined || writesCode(subject, entry)) return [];
      const message = `'${id}' cannot write code: there are no ${waiver.rule} to waive`;
      return [error(["waivers", index, "tasks", at], "matches-nothing", message)];
    }),
  );
