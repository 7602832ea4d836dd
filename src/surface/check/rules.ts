import { isAbsolute } from "node:path";
import type { History } from "../../effect/git/history.js";
import { invalid } from "../../kernel/fault.js";
import type { CheckMode, CheckPolicy, ProvenanceMode } from "../../schema/check-policy.js";
import { everyName } from "./change.js";
import { defaultPolicy } from "./default-policy.js";
import { type Limits, limitsOf } from "./limits.js";
import type { JudgedPlan } from "./plan-rules.js";
import { type RuleFile, type RulePlace, requireRuleFile, rulePath } from "./rule-files.js";
import { JOB_PATHS, POLICY_PATH, VENDORED_PATH } from "./rule-path.js";
import type { CheckPlace, CheckWish } from "./run-check.js";
import { type Selection, selectFiles } from "./selection.js";
import type { Subject } from "./subject.js";

/** Everything known once the rules are read. */
export interface Judged {
  readonly history: History;
  readonly subject: Subject;
  readonly policy: CheckPolicy;
  readonly plan: JudgedPlan | undefined;
  readonly limits: Limits;
  readonly selection: Selection;
  readonly mode: CheckMode;
  readonly provenance: ProvenanceMode;
  /** The file of trusted keys. */
  readonly trust: string;
  readonly isRule: (path: string) => boolean;
}

/** What is to be judged, before its rules are known. */
export interface Reading {
  readonly history: History;
  readonly subject: Subject;
  readonly place: CheckPlace;
  readonly wish: CheckWish;
  /** The policy's file as the base has it. */
  readonly policy: RuleFile | undefined;
}

/** Reads policy and plan from the base. Throws Fault BAD_POLICY, BAD_PLAN, BAD_OPTIONS and those of rule files (exit 2). */
export async function readRules({ history, subject, place, wish, policy: file }: Reading): Promise<Judged> {
  const rules: RulePlace = { history, rules: subject.rules, cwd: place.cwd };
  const policy = file === undefined ? defaultPolicy : (await import("./policy.js")).parsePolicy(file);
  const plan = await readPlan(rules, wish, policy);
  const names = policy.exclude.length === 0 ? [] : await everyName(history, subject, subject.rules);
  const trust = wish.trust === undefined ? policy.trust : rulePath(rules, wish.trust);
  const planFile = plan?.file.inside === true ? [plan.file.path] : [];
  const named = [policy.baseline, policy.trust, trust].map((path) => (isAbsolute(path) ? rulePath(rules, path) : path));
  const ruleFiles = new Set([POLICY_PATH, VENDORED_PATH, ...Object.values(JOB_PATHS), ...named, ...planFile]);
  return {
    history,
    subject,
    policy,
    plan,
    limits: limitsOf(policy, plan),
    selection: selectFiles(policy, () => names),
    mode: wish.mode ?? policy.mode,
    provenance: wish.provenance ?? policy.provenance,
    trust,
    isRule: (path) => ruleFiles.has(path),
  };
}

async function readPlan(rules: RulePlace, wish: CheckWish, policy: CheckPolicy): Promise<JudgedPlan | undefined> {
  const path = wish.plan === undefined ? policy.plan : rulePath(rules, wish.plan);
  if (path === undefined) return refusePlanless(wish);
  const { judgedPlan } = await import("./plan-rules.js");
  return judgedPlan(await requireRuleFile(rules, path), wish.task);
}

/** Where neither the command nor the policy names a plan. */
function refusePlanless({ run, task }: CheckWish): undefined {
  if (run === true)
    throw invalid("BAD_OPTIONS", `--run runs a plan's commands; add --plan FILE, or name one in ${POLICY_PATH}.`);
  if (task !== undefined)
    throw invalid("BAD_OPTIONS", `--task names a task of a plan; add --plan FILE, or name one in ${POLICY_PATH}.`);
  return undefined;
}
