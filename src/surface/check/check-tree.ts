import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { compareTrees } from "../../effect/workspace/tree.js";
import { invalid } from "../../kernel/fault.js";
import type { CheckBaseline } from "../../schema/check-baseline.js";
import type { CheckFinding, CheckReport } from "../../schema/check-report.js";
import { atSeverity } from "./finding.js";
import { judgeTree, measuredFiles } from "./judge-tree.js";
import { reportOf, rulesOf } from "./outcome.js";
import { findRuleFile } from "./rule-files.js";
import type { Judged } from "./rules.js";
import { judgeRules } from "./rules-changed.js";
import type { CheckPlace, CheckWish } from "./run-check.js";
import { mergeBase } from "./subject.js";

/**
 * Judges every file of a tree, less the baseline. It has no commits to verify and no change to hold against a plan's
 * files: neither is said to be judged. Throws Faults of exit 2.
 */
export async function checkTree(place: CheckPlace, asked: Judged, wish: CheckWish): Promise<CheckReport> {
  const judged: Judged = { ...asked, provenance: "off" };
  const { history, subject, policy, mode } = judged;
  const files = await measuredFiles(judged);
  if (files.length === 0 && mode === "enforce")
    throw invalid("NOTHING_TO_CHECK", "there is no file of a measured language: nothing was checked.");
  await place.loadMeasures(files.map(({ language }) => language));
  const { beyondBaseline, parseBaseline } = await import("./baseline.js");
  const report = await judgeTree(judged, files);
  const file = await findRuleFile({ history, rules: subject.rules, cwd: place.cwd }, policy.baseline);
  const kept = file === undefined ? undefined : parseBaseline(file);
  const findings = atSeverity(report.findings, policy);
  const baseline = wish.writeBaseline === true ? await writeBaseline(judged, findings, kept) : kept;
  const rules = await judgeRulesSince(judged, wish);
  const beyond = beyondBaseline(findings, baseline);
  const written = wish.writeBaseline === true ? [`${policy.baseline} was written; commit it`] : [];
  return reportOf(judged, {
    ...report,
    findings: [...beyond, ...rules.findings],
    notes: [...report.notes, ...rules.notes, ...written],
    files: files.length,
    leftOut: 0,
    unmeasured: 0,
    commits: 0,
    rules: rulesOf({ ...judged, plan: undefined }, { coverage: false, tests: false }),
    baselined: findings.length - beyond.length,
  });
}

/** Where the rules are those of a base: what was changed of them since. */
async function judgeRulesSince(judged: Judged, { approvedBy }: CheckWish): ReturnType<typeof judgeRules> {
  const { history, subject } = judged;
  const from = await mergeBase(history, subject.rules, subject.head);
  return await judgeRules(judged, await compareTrees(history.git, from, subject.head), approvedBy);
}

async function writeBaseline(
  { history, policy }: Judged,
  findings: readonly CheckFinding[],
  before: CheckBaseline | undefined,
): Promise<CheckBaseline> {
  if (history.top === null) throw invalid("BARE", "a bare repository has no checkout to write a baseline to.");
  const { nextBaseline } = await import("./baseline.js");
  const baseline = nextBaseline(findings, before);
  await mkdir(dirname(join(history.top, policy.baseline)), { recursive: true });
  await writeFile(join(history.top, policy.baseline), `${JSON.stringify(baseline, null, 1)}\n`);
  return baseline;
}
