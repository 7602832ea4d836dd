import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type History, readAt } from "../../effect/history.js";
import type { TreeDifference } from "../../effect/tree.js";
import { invalid } from "../../kernel/fault.js";
import { totalOf } from "../../measure/coverage.js";
import type { CheckBaseline } from "../../schema/check-baseline.js";
import type { CheckMode, CheckPolicy, ProvenanceMode } from "../../schema/check-policy.js";
import type { CheckFinding, CheckReport } from "../../schema/check-report.js";
import { agentFiles, guessAuthor, guessNotes } from "./authors.js";
import { beyondBaseline, nextBaseline, parseBaseline } from "./baseline.js";
import { type ChangedCode, everyName, readChange } from "./change.js";
import { judgeCommits } from "./commit-provenance.js";
import { readReports, refuseStale } from "./coverage-files.js";
import { atSeverity, exitCodeOf } from "./finding.js";
import { type CodeReport, judgeCode } from "./judge-code.js";
import { judgeTree, measuredFiles } from "./judge-tree.js";
import { type Limits, limitsOf } from "./limits.js";
import { type JudgedPlan, judgedPlan, judgePlanFiles } from "./plan-rules.js";
import { defaultPolicy, parsePolicy, type Selection, selectFiles } from "./policy.js";
import {
  findRuleFile,
  POLICY_PATH,
  type RuleFile,
  type RulePlace,
  requireRuleFile,
  rulePath,
  VENDORED_PATH,
} from "./rule-files.js";
import { judgeRulesChange } from "./rules-changed.js";
import { type CheckPlace, type CheckWish, nothingChanged } from "./run-check.js";
import type { Subject } from "./subject.js";

/** Everything known once the rules are read. */
interface Judged {
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

interface Reading {
  readonly history: History;
  readonly subject: Subject;
  readonly place: CheckPlace;
  readonly wish: CheckWish;
  /** The policy's file as the base has it. */
  readonly policy: RuleFile | undefined;
}

/** Reads the rules and judges. As `runCheck`. */
export async function judgeSubject(reading: Reading): Promise<CheckReport> {
  const { subject, place, wish } = reading;
  const judged = await readRules(reading);
  if (subject.scope === "all") return await checkTree(place, judged, wish);
  if (subject.differences?.length === 0) return nothingChanged(subject, judged.mode);
  return await checkChange(place, judged, wish);
}

async function readRules({ history, subject, place, wish, policy: file }: Reading): Promise<Judged> {
  const rules: RulePlace = { history, rules: subject.rules, cwd: place.cwd };
  const policy = file === undefined ? defaultPolicy() : parsePolicy(file);
  const plan = await readPlan(rules, wish, policy);
  const names = policy.exclude.length === 0 ? [] : await everyName(history, subject);
  const trust = wish.trust === undefined ? policy.trust : rulePath(rules, wish.trust);
  const planFile = plan?.file.inside === true ? [plan.file.path] : [];
  const ruleFiles = new Set([POLICY_PATH, VENDORED_PATH, policy.baseline, policy.trust, trust, ...planFile]);
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
  return path === undefined ? undefined : judgedPlan(await requireRuleFile(rules, path), wish.task);
}

async function checkChange(place: CheckPlace, judged: Judged, wish: CheckWish): Promise<CheckReport> {
  const { history, subject, plan, selection, limits } = judged;
  const all = subject.differences ?? [];
  const { differences, notes } = await judgedDifferences(judged, all);
  await place.loadMeasures(differences.map(({ path }) => path).filter(selection.isMeasured));
  const { code, unreadable } = await readChange(history, differences, selection);
  const coverage = await readCoverageFiles(place, judged, { wish, code });
  const change = { history, subject, differences, code, unreadable, limits, selection };
  const report = await judgeCode(coverage === undefined ? change : { ...change, coverage });
  const rules = await judgeRuleFiles(judged, wish);
  const origin = await judgeCommits({
    mode: judged.provenance,
    policy: judged.policy,
    place: { history, rules: subject.rules, cwd: place.cwd },
    subject,
    trust: judged.trust,
    planHash: wish.plan === undefined ? undefined : plan?.hash,
  });
  const files = plan === undefined ? [] : judgePlanFiles(plan, differences, judged.isRule);
  return reportOf(judged, {
    ...report,
    findings: [...report.findings, ...files, ...rules.findings, ...origin.findings],
    notes: [...notes, ...rules.notes, ...origin.notes, ...report.notes],
    commits: origin.commits,
    files: differences.length,
    leftOut: all.length - differences.length + differences.filter(({ path }) => selection.isExcluded(path)).length,
    rules: rulesOf(judged, coverage !== undefined),
    baselined: 0,
  });
}

async function judgeRuleFiles(
  { history, subject, policy, isRule }: Judged,
  { approvedBy }: CheckWish,
): Promise<ReturnType<typeof judgeRulesChange>> {
  const proposed = (await readAt(history, subject.head, POLICY_PATH))?.toString("utf8") ?? null;
  return judgeRulesChange({ policy, differences: subject.differences ?? [], isRule, approvedBy, proposed });
}

/** With `appliesTo: agents`, what agents' commits touch; what is staged has no author yet and is judged. */
async function judgedDifferences(
  { history, subject, policy }: Judged,
  all: readonly TreeDifference[],
): Promise<{ differences: readonly TreeDifference[]; notes: string[] }> {
  if (policy.appliesTo === "all") return { differences: all, notes: [] };
  if (subject.scope === "staged")
    return { differences: all, notes: ["who commits is not known yet: judged as an agent"] };
  const guesses = (await subject.commits()).map((commit) => guessAuthor(commit, policy.agents));
  const files = await agentFiles(history, guesses);
  return { differences: all.filter(({ path }) => files.has(path)), notes: guessNotes(guesses) };
}

async function readCoverageFiles(
  place: CheckPlace,
  { history, subject }: Judged,
  { wish: { coverage, baseCoverage }, code }: { wish: CheckWish; code: readonly ChangedCode[] },
): Promise<{ report: Awaited<ReturnType<typeof readReports>>; baseTotal: number | undefined } | undefined> {
  if (coverage.length === 0) return undefined;
  const at = { cwd: place.cwd, top: history.top ?? place.cwd, files: await everyName(history, subject) };
  const report = await readReports(coverage, at);
  refuseStale(report, code);
  if (baseCoverage.length === 0) return { report, baseTotal: undefined };
  return { report, baseTotal: totalOf(await readReports(baseCoverage, at)) };
}

async function checkTree(place: CheckPlace, judged: Judged, wish: CheckWish): Promise<CheckReport> {
  const { history, subject, policy, mode } = judged;
  const files = await measuredFiles(judged);
  if (files.length === 0 && mode === "enforce")
    throw invalid("NOTHING_TO_CHECK", "there is no file of a measured language: nothing was checked.");
  await place.loadMeasures(files);
  const report = await judgeTree(judged);
  const file = await findRuleFile({ history, rules: subject.rules, cwd: place.cwd }, policy.baseline);
  const kept = file === undefined ? undefined : parseBaseline(file);
  const findings = atSeverity(report.findings, policy);
  const baseline = wish.writeBaseline === true ? await writeBaseline(judged, findings, kept) : kept;
  const beyond = beyondBaseline(findings, baseline);
  const written = wish.writeBaseline === true ? [`${policy.baseline} was written; commit it`] : [];
  return reportOf(judged, {
    ...report,
    findings: beyond,
    notes: [...report.notes, ...written],
    files: files.length,
    leftOut: 0,
    commits: 0,
    rules: rulesOf(judged, false),
    baselined: findings.length - beyond.length,
  });
}

async function writeBaseline(
  { history, policy }: Judged,
  findings: readonly CheckFinding[],
  before: CheckBaseline | undefined,
): Promise<CheckBaseline> {
  if (history.top === null) throw invalid("BARE", "a bare repository has no checkout to write a baseline to.");
  const baseline = nextBaseline(findings, before);
  await mkdir(dirname(join(history.top, policy.baseline)), { recursive: true });
  await writeFile(join(history.top, policy.baseline), `${JSON.stringify(baseline, null, 1)}\n`);
  return baseline;
}

function rulesOf({ plan, limits, provenance }: Judged, coverage: boolean): string[] {
  return [
    "max-complexity",
    "max-function-lines",
    "no-suppression",
    "parse",
    "readable-code",
    "rules-changed",
    ...(limits.requireDocs ? ["documentation"] : []),
    ...(limits.powerOfTen === "off" ? [] : ["power-of-ten"]),
    ...(provenance === "off" ? [] : ["provenance"]),
    ...(coverage ? ["coverage", "untested-functions"] : []),
    ...(plan === undefined ? [] : ["file-kind", "file-whitelist", "hard-deny", "no-delete"]),
  ].sort();
}

interface Outcome extends CodeReport {
  readonly files: number;
  readonly leftOut: number;
  readonly rules: readonly string[];
  readonly baselined: number;
  readonly commits: number;
}

function reportOf({ subject, policy, mode, provenance }: Judged, outcome: Outcome): CheckReport {
  const findings = atSeverity(outcome.findings, policy);
  const code = exitCodeOf(findings);
  const enforced = code === 0 ? "passed" : "failed";
  return {
    version: 1,
    mode,
    outcome: mode === "enforce" ? enforced : mode === "warn" ? "warned" : "observed",
    exit_code: mode === "enforce" ? code : 0,
    base: subject.from,
    head: subject.head,
    scope: subject.scope,
    checked: {
      files: outcome.files,
      left_out: outcome.leftOut,
      functions: outcome.functions,
      lines: outcome.lines,
      rules: [...outcome.rules],
      commits: outcome.commits,
    },
    findings,
    provenance,
    baselined: outcome.baselined,
    notes: [...outcome.notes],
  };
}
